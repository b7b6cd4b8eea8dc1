#!/usr/bin/env bash
# The tests of this repository. Without an argument: what CI runs. See ./test.sh help.
set -uo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/environment.sh"

# A stage is a script tests/stages/<name>.sh; these lists say which run, and in which order.
CI_STAGES=(lint types contracts sanity unit galaxy docs quickstart molecule)
DOCKER_STAGES=(quickstart molecule)
ALL_STAGES=("${CI_STAGES[@]}" awx drill faults kubernetes fleet regions)

usage() {
    cat <<USAGE
Usage: ./test.sh [-v] [stage…]

  lint         ruff, yamllint, ansible-lint, shellcheck, changelog
  types        mypy
  contracts    which package may import which (import-linter)
  sanity       ansible-test sanity on a copy of the collection
  unit         pytest: unit, property and documentation tests
  galaxy       the collection built, installed elsewhere and used by full names; the context of an execution environment
  docs         the documentation site, built without a warning and seen in a browser
  molecule     roles on two systemd hosts with Docker inside
  quickstart   the local region from end to end, seen by psql, redis-cli, an S3 client, curl and a browser; faults
  awx          AWX's definition applied with awx.awx; every job template run by ansible-runner as AWX does
  drill        recovery drills on the local region, which is brought up, or up to date
  faults       every fault of tests/faults on the local region, which is brought up, or up to date
  kubernetes   a real cluster of one node beside the local region, which is brought up, or up to date
  fleet        broken tenants and inventories, and a fleet on Docker hosts of its own beside the local region
  regions      the example region eu-west on twelve machines of its own, from a registry; needs 20 GB of memory, so ./quickstart.sh down first

  ci           ${CI_STAGES[*]} (the default)
  docker       ${DOCKER_STAGES[*]}
  all          ${ALL_STAGES[*]}

  -v           print the whole output of each stage as it runs

The last line is "N passed, N failed": test cases where a stage counts them,
one for each other stage. Logs: .cache/test/<stage>/log
USAGE
}

passed=0
failed=0
verbose=
stage_pid=
stages=()

select_stages() {
    local name
    for name in "$@"; do
        case $name in
            -h | --help | help) usage; exit 0 ;;
            -v | --verbose) verbose=1 ;;
            ci) stages+=("${CI_STAGES[@]}") ;;
            docker) stages+=("${DOCKER_STAGES[@]}") ;;
            all) stages+=("${ALL_STAGES[@]}") ;;
            -*) usage >&2; exit 2 ;;
            *)
                [ -f "$ROOT/tests/stages/$name.sh" ] || { warn "There is no stage '$name'."; usage >&2; exit 2; }
                stages+=("$name")
                ;;
        esac
    done
    [ ${#stages[@]} -gt 0 ] || stages=("${CI_STAGES[@]}")
}

duration() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# One line a minute says that a long stage is alive, and where it is.
heartbeat() {
    local log=$1 started=$SECONDS
    while sleep 60 >/dev/null 2>&1; do
        say "    $(duration $((SECONDS - started)))  $(tail -n 1 "$log" | tr -d '\r' | cut -c1-110)"
    done
}

# Run one stage in a process group of its own, so that an interrupted run leaves no child behind.
run_stage() {
    local name=$1 results=$2 script=$ROOT/tests/stages/$1.sh beat status
    if [ ! -f "$script" ]; then
        warn "tests/stages/$name.sh is missing"
        return 1
    fi
    rm -rf "$results"
    mkdir -p "$results"
    if [ -n "$verbose" ]; then
        STAGE_RESULTS=$results setsid bash "$script" > >(tee "$results/log") 2>&1 </dev/null &
    else
        STAGE_RESULTS=$results NO_COLOR=1 setsid bash "$script" >"$results/log" 2>&1 </dev/null &
    fi
    stage_pid=$!
    heartbeat "$results/log" &
    beat=$!
    wait "$stage_pid"
    status=$?
    stage_pid=
    { kill "$beat" && wait "$beat"; } 2>/dev/null
    return "$status"
}

# count_stage STATUS RESULTS: add what the stage's JUnit files count; a stage without any counts as one.
count_stage() {
    local counts good bad
    counts=$(python3 "$ROOT/tests/lib/junit_counts.py" "$1" "$2") || counts="0 1"
    read -r good bad <<<"$counts"
    passed=$((passed + good))
    failed=$((failed + bad))
    say "    $good passed, $bad failed"
}

stage() {
    local name=$1 results=$ROOT/.cache/test/$1 started=$SECONDS status
    say "==> $name"
    exec 8>"$CACHE/stage-$name.lock"
    flock -n 8 || { say "    waiting for another run of this stage"; flock 8; }
    run_stage "$name" "$results" 8>&-
    status=$?
    exec 8>&-
    if [ "$status" -ne 0 ] && [ -z "$verbose" ] && [ -f "$results/log" ]; then
        tail -n 40 "$results/log" | sed 's/^/    /'
    fi
    count_stage "$status" "$results"
    if [ "$status" -eq 0 ]; then
        say "    ok in $(duration $((SECONDS - started)))"
    else
        say "    FAILED in $(duration $((SECONDS - started))), log: .cache/test/$name/log"
    fi
}

summary() { say "$passed passed, $failed failed"; }

interrupted() {
    trap '' INT TERM HUP
    [ -z "$stage_pid" ] || kill -TERM -- "-$stage_pid" 2>/dev/null
    say "Interrupted."
    failed=$((failed + 1))
    summary
    exit 130
}

main() {
    local name
    cd "$ROOT" || exit 1
    select_stages "$@"
    trap interrupted INT TERM HUP
    apt_install_tools
    environment_prepare
    for name in "${stages[@]}"; do
        stage "$name"
    done
    summary
    [ "$failed" -eq 0 ]
}

# What the stages call beside the Python environment.
apt_install_tools() {
    environment_defaults
    apt_install git
}

main "$@"
