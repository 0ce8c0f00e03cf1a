# shellcheck shell=bash
# Sourced by the scripts here: how they speak to the person at the terminal, and nothing else.

say() { printf '%s\n' "sluice: $*" >&2; }

# fail REASON [WHAT TO DO]: ends the script with status 1.
fail() {
    printf '%s\n' "sluice: error: $1" >&2
    [ $# -lt 2 ] || printf '%s\n' "sluice: $2" >&2
    exit 1
}

# usage_error REASON: the command line is wrong; status 2, as for any command.
usage_error() {
    printf '%s\n' "sluice: $1" "sluice: './sluice help' lists the commands and their options" >&2
    exit 2
}

# quietly LOG COMMAND…: runs COMMAND with its output in LOG; shows the end of LOG when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 && return
    local status=$?
    tail -n 30 "$log" >&2
    say "the whole output is in $log"
    return $status
}
