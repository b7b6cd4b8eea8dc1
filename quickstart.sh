#!/usr/bin/env bash
# A running region on this machine. See ./quickstart.sh --help.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/environment.sh"

STATE=$ROOT/.state/local
SECRETS=$ROOT/inventories/local/.secrets/local
REGION=(-i "$ROOT/inventories/catalogue" -i "$ROOT/inventories/local")
INVENTORIES=("${REGION[@]}")

usage() {
    cat <<'USAGE'
Usage: ./quickstart.sh [up]              bring the local region up, or up to date
       ./quickstart.sh status [--json]   what runs, where, and where the passwords lie
       ./quickstart.sh down [--images]   remove what it made; the images too
       ./quickstart.sh kubernetes [up]   the same, then a cluster beside it with tenants of its own
       ./quickstart.sh kubernetes status [--json]
       ./quickstart.sh kubernetes down   remove the cluster and its tenants; the rest of the region stays
       ./quickstart.sh --help

Runs as root on Debian 12 or 13 with 12 GiB of memory, 16 with a cluster. Every
command can be run again, also after one that was interrupted.

The cluster is one node on this machine, built from source in a quarter of an
hour the first time. With KUBECONFIG it is yours: KUBERNETES_IMAGES names a file
with the images' references that it can pull (docs/operations/kubernetes-cluster.md).
USAGE
}

# One run at a time changes the region. Ansible holds the lock too, so that it counts while a run that lost its shell
# ends; what Ansible starts on the machine does not inherit it.
lock_region() {
    mkdir -p "$STATE"
    exec 8>"$STATE/lock"
    flock -n 8 || fail "another ./quickstart.sh is at work here; wait until it has ended"
}

# What `down` puts back, kept from before the first run.
remember_machine() {
    [ -f "$STATE/before" ] || cat /proc/sys/net/ipv4/ip_unprivileged_port_start >"$STATE/before"
}

has_cluster() { [ -f "$SECRETS/kubeconfig" ]; }
with_cluster() { INVENTORIES=("${REGION[@]}" -i "$ROOT/inventories/local-kubernetes"); }

# What the inventory declares, joined with what Docker, the cluster and the kernel say now.
show_status() {
    ! has_cluster || with_cluster
    if ! ansible-playbook "${INVENTORIES[@]}" "$ROOT/scripts/status.yml" -e "status_file=$STATE/tenants.json" \
        >"$STATE/status.log" 2>&1 </dev/null; then
        cat "$STATE/status.log" >&2
        fail "the inventory cannot be read"
    fi
    python "$ROOT/scripts/status.py" "$STATE" --kubeconfig "$SECRETS/kubeconfig" "$@"
}

# converge ARGUMENT…: run ansible-playbook. A signal reaches Ansible, which ends its workers; the shell waits for it.
converge() {
    local run
    rm -f "$STATE/log"
    ANSIBLE_STDOUT_CALLBACK=sysgenpro.odoo.progress ANSIBLE_DISPLAY_OK_HOSTS=false \
        ANSIBLE_LOG_PATH=$STATE/log SYSGENPRO_ODOO_STAGES_FILE=$STATE/stages.json \
        ansible-playbook "${INVENTORIES[@]}" "$@" </dev/null &
    run=$!
    trap 'kill -TERM "$run" 2>/dev/null; wait "$run" || true; fail "interrupted; run it again, it goes on from here"' INT TERM HUP
    wait "$run" || fail_incomplete
}

fail_incomplete() {
    say ""
    fail "the region is not complete. Mend what the message above names and run the same again: it goes on from there (log: .state/local/log)"
}

# bring_up [--cluster]: the region's platform and its tenants on Docker.
bring_up() {
    say "Checking this machine"
    # Only the standard library's python3 is sure to be there.
    command -v python3 >/dev/null || { environment_defaults; apt_install python3; }
    python3 "$ROOT/scripts/preflight.py" "$@" || exit 1
    lock_region
    environment_prepare
    remember_machine
    printf '%s\n' "$SECONDS" >"$STATE/prepared"
    converge "$ROOT/playbooks/site.yml"
}

up() {
    bring_up
    show_status
}

kubernetes() {
    local command=${1:-up}
    [ $# -eq 0 ] || shift
    case $command in
        up) [ $# -eq 0 ] || { usage >&2; exit 2; }; kubernetes_up ;;
        status) status "$@" ;;
        down) [ $# -eq 0 ] || { usage >&2; exit 2; }; kubernetes_down ;;
        *) usage >&2; exit 2 ;;
    esac
}

kubernetes_up() {
    bring_up --cluster
    bash "$ROOT/scripts/kubernetes.sh" up 8>&- || fail_incomplete
    with_cluster
    converge "$ROOT/playbooks/kubernetes.yml" "$ROOT/playbooks/tenants.yml" --limit kubernetes_clusters:traefik:runtime_kubernetes
    show_status
}

# The tenants' databases, buckets and users are in the region, which stays.
kubernetes_down() {
    [ "$(id -u)" = 0 ] || fail "down removes what runs on the system: run it as root"
    has_cluster || { say "There is no cluster."; return 0; }
    lock_region
    environment_prepare
    with_cluster
    say "Removing the cluster's tenants"
    converge "$ROOT/scripts/remove_tenants.yml" -e remove=runtime_kubernetes
    converge "$ROOT/playbooks/kubernetes.yml" --limit traefik -e '{"traefik_passthrough": {}}'
    bash "$ROOT/scripts/kubernetes.sh" down 8>&-
}

status() {
    case ${1:-} in
        '' | --json) ;;
        *) usage >&2; exit 2 ;;
    esac
    [ "$(id -u)" = 0 ] || fail "status asks Docker and the kernel: run it as root"
    mkdir -p "$STATE"
    { environment_prepare; } >&2
    show_status "$@"
}

down() {
    case ${1:-} in
        '' | --images) ;;
        *) usage >&2; exit 2 ;;
    esac
    [ "$(id -u)" = 0 ] || fail "down removes containers and files of the system: run it as root"
    lock_region
    ! has_cluster || bash "$ROOT/scripts/kubernetes.sh" down 8>&-
    bash "$ROOT/scripts/down.sh" "$@" 8>&-
}

main() {
    cd "$ROOT"
    local command=${1:-up}
    [ $# -eq 0 ] || shift
    case $command in
        up) [ $# -eq 0 ] || { usage >&2; exit 2; }; up ;;
        status) status "$@" ;;
        down) down "$@" ;;
        kubernetes) kubernetes "$@" ;;
        -h | --help | help) usage ;;
        *) usage >&2; exit 2 ;;
    esac
}

main "$@"
