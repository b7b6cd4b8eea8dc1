#!/usr/bin/env bash
# A running region on this machine. See ./quickstart.sh --help.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/environment.sh"

STATE=$ROOT/.state/local
INVENTORIES=(-i "$ROOT/inventories/catalogue" -i "$ROOT/inventories/local")

usage() {
    cat <<'USAGE'
Usage: ./quickstart.sh [up]              bring the local region up, or up to date
       ./quickstart.sh status [--json]   what runs, where, and where the passwords lie
       ./quickstart.sh down [--images]   remove what it made; the images too
       ./quickstart.sh --help

Runs as root on Debian 12 or 13 with 12 GiB of memory. Every command can be run
again, also after one that was interrupted.
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

# What the inventory declares, joined with what Docker and the kernel say now.
show_status() {
    if ! ansible-playbook "${INVENTORIES[@]}" "$ROOT/scripts/status.yml" -e "status_file=$STATE/tenants.json" \
        >"$STATE/status.log" 2>&1 </dev/null; then
        cat "$STATE/status.log" >&2
        fail "the inventory cannot be read"
    fi
    python "$ROOT/scripts/status.py" "$STATE" "$@"
}

# A signal reaches Ansible, which ends its workers; the shell waits for it.
converge() {
    local run
    rm -f "$STATE/log"
    ANSIBLE_STDOUT_CALLBACK=sysgenpro.odoo.progress ANSIBLE_DISPLAY_OK_HOSTS=false \
        ANSIBLE_LOG_PATH=$STATE/log SYSGENPRO_ODOO_STAGES_FILE=$STATE/stages.json \
        ansible-playbook "${INVENTORIES[@]}" "$ROOT/playbooks/site.yml" </dev/null &
    run=$!
    trap 'kill -TERM "$run" 2>/dev/null; wait "$run" || true; fail "interrupted; ./quickstart.sh goes on from here"' INT TERM HUP
    wait "$run"
}

up() {
    say "Checking this machine"
    # Only the standard library's python3 is sure to be there.
    command -v python3 >/dev/null || { environment_defaults; apt_install python3; }
    python3 "$ROOT/scripts/preflight.py" || exit 1
    lock_region
    environment_prepare
    remember_machine
    printf '%s\n' "$SECONDS" >"$STATE/prepared"
    if ! converge; then
        say ""
        fail "the region is not complete. Mend what the message above names and run ./quickstart.sh again: it goes on from there (log: .state/local/log)"
    fi
    show_status
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
        -h | --help | help) usage ;;
        *) usage >&2; exit 2 ;;
    esac
}

main "$@"
