# shellcheck shell=bash
# Processes of the cluster, known by their id and start time: an id alone may be another program's by now.

# process_identity PID: its start time in ticks, unless it is gone, or dead and not yet reaped.
process_identity() {
    local stat
    stat=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
    [[ $stat != [ZX]* ]] || return 1
    cut -d' ' -f20 <<<"$stat"
}

running() {
    local pid start
    read -r pid start 2>/dev/null <"$STATE/processes/$1" || return 1
    [ "$(process_identity "$pid")" = "$start" ]
}

# Become a command that has no descriptor but input and output: a lock of whoever started it would stay held while it runs.
alone_with_its_output() {
    local path descriptor
    for path in /proc/"$BASHPID"/fd/*; do
        descriptor=${path##*/}
        [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
    done
    exec "$@"
}

# run NAME COMMAND…: start a program unless the one recorded under the name still runs.
run() {
    local name=$1
    shift
    ! running "$name" || return 0
    alone_with_its_output setsid nohup "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null &
    printf '%s %s\n' "$!" "$(process_identity "$!")" >"$STATE/processes/$name"
}

# end NAME [SECONDS]: ask it to end, and after that time make it.
end() {
    local name=$1 patience=${2:-10} pid start
    if running "$name"; then
        read -r pid start <"$STATE/processes/$name"
        kill -TERM "$pid"
        wait_until "$patience" not_running "$name" || kill -KILL "$pid"
        wait_until 5 not_running "$name" || fail "$name (process $pid) does not end"
    fi
    rm -f "$STATE/processes/$name"
}

not_running() { ! running "$1"; }

# wait_until SECONDS COMMAND…: 0 as soon as the command succeeds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# expect SECONDS WHAT COMMAND…: wait, or fail and say what did not come about and where to read on.
expect() {
    local seconds=$1 what=$2
    shift 2
    wait_until "$seconds" "$@" || fail "there was not $what within $seconds s; logs: $STATE/log"
}
