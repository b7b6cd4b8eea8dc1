#!/usr/bin/env bash
# Remove what ./quickstart.sh made on this machine and nothing else: down.sh [--images].
# Each step looks for what is there, so that it can be run again after it was interrupted.
# Debian packages, the Docker engine and its configuration, and the Python environment stay.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

REGION_LABEL=label=sysgenpro.odoo/region=local
STATE=$ROOT/.state/local
SECRETS=$ROOT/inventories/local/.secrets/local

# remove KIND ID...: docker's own words stay out of the way unless it fails.
remove() {
    local kind=$1
    shift
    [ $# -gt 0 ] || return 0
    say "Removing $# $kind"
    case $kind in
        containers) docker rm --force --volumes "$@" ;;
        volumes) docker volume rm "$@" ;;
        networks) docker network rm "$@" ;;
        images) docker image rm --force "$@" ;;
    esac >/dev/null
}

# Whether Docker's data names the region, read without the engine.
region_on_disk() {
    grep -qrsF --include=config.v2.json --include=metadata.db --include=local-kv.db 'sysgenpro.odoo/region' \
        /var/lib/docker/containers /var/lib/docker/volumes /var/lib/docker/network
}

# The engine may have been stopped, or ended with a machine that nothing supervises.
start_engine() {
    local try
    say "Starting the Docker engine"
    if [ -d /run/systemd/system ]; then
        systemctl start docker.service
    else
        setsid --fork dockerd --pidfile /run/docker.pid </dev/null >>/var/log/dockerd.log 2>&1
    fi
    for try in {1..60}; do
        ! docker info >/dev/null 2>&1 || return 0
        sleep 1
    done
    fail "the Docker engine does not answer after $try s (log: /var/log/dockerd.log, or journalctl -u docker): mend that, then run this again"
}

remove_docker_objects() {
    local ids
    if ! docker info >/dev/null 2>&1; then
        region_on_disk || return 0
        start_engine
    fi
    readarray -t ids < <(docker ps --all --quiet --filter "$REGION_LABEL")
    remove containers "${ids[@]}"
    readarray -t ids < <(docker volume ls --quiet --filter "$REGION_LABEL")
    remove volumes "${ids[@]}"
    readarray -t ids < <(docker network ls --quiet --filter "$REGION_LABEL")
    remove networks "${ids[@]}"
    [ "${1:-}" = --images ] || return 0
    readarray -t ids < <(docker image ls --quiet --filter 'reference=sysgenpro/*' | sort -u)
    remove images "${ids[@]}"
}

# unhook CHAIN OWN: take the jump to OWN out of CHAIN, then OWN itself.
unhook() {
    iptables -w -S "$2" >/dev/null 2>&1 || return 0
    say "Removing the firewall chain $2"
    while iptables -w -D "$1" -j "$2" 2>/dev/null; do :; done
    iptables -w -F "$2"
    iptables -w -X "$2"
}

remove_firewall() {
    if command -v iptables >/dev/null; then
        unhook INPUT SYSGENPRO-INPUT
        unhook INPUT SYSGENPRO-PRIVATE
        unhook DOCKER-USER SYSGENPRO-FORWARD
    fi
    rm -f /usr/local/sbin/sysgenpro-firewall /run/sysgenpro-firewall.state
}

remove_units() {
    local unit
    for unit in sysgenpro-firewall.service sysgenpro-image-collection.timer sysgenpro-image-collection.service; do
        [ -f "/etc/systemd/system/$unit" ] || continue
        say "Removing the unit $unit"
        systemctl disable --now "$unit" >/dev/null 2>&1 || true
        rm -f "/etc/systemd/system/$unit"
    done
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
}

restore_kernel_settings() {
    [ -f /etc/sysctl.d/90-sysgenpro.conf ] || return 0
    say "Restoring net.ipv4.ip_unprivileged_port_start"
    rm -f /etc/sysctl.d/90-sysgenpro.conf
    cat "$STATE/before" 2>/dev/null >/proc/sys/net/ipv4/ip_unprivileged_port_start \
        || echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start
}

remove_files() {
    local path
    for path in /etc/sysgenpro "$SECRETS" "$STATE"; do
        [ -e "$path" ] || continue
        say "Removing $path"
        rm -rf "$path"
    done
    rmdir "$ROOT/inventories/local/.secrets" "$ROOT/.state" 2>/dev/null || true
}

remove_docker_objects "$@"
remove_units
remove_firewall
restore_kernel_settings
remove_files
say "The local region is gone."
