#!/usr/bin/env bash
# Measurements beside their peers, as JSON lines: metric, value, unit, bound, peer, peer_value, ratio, runs.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/environment.sh"

benchmarks() {
    find "$ROOT/benchmarks" -name '[a-z]*.py' -not -path '*/lib/*' -not -path '*_plugins/*' -printf '%P\n' | sed 's/\.py$//' | sort
}

usage() {
    say "Usage: ./bench.sh [name…]"
    say ""
    say "Runs every benchmark, or those named: $(benchmarks | paste -sd ' ')"
    say "Prints one JSON line a metric on standard output, everything else on standard error."
}

main() {
    local name names=("$@") status=0
    case ${1:-} in
        -h | --help | help) usage; exit 0 ;;
    esac
    [ ${#names[@]} -gt 0 ] || readarray -t names < <(benchmarks)
    for name in "${names[@]}"; do
        [ -f "$ROOT/benchmarks/$name.py" ] || { warn "There is no benchmark '$name'."; usage >&2; exit 2; }
    done
    environment_prepare >&2
    cd "$ROOT"
    for name in "${names[@]}"; do
        PYTHONPATH=$ROOT/collections:$ROOT/benchmarks/lib:$ROOT/tests/lib python3 "benchmarks/$name.py" || { warn "benchmark $name failed"; status=1; }
    done
    exit "$status"
}

main "$@"
