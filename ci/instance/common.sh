# shellcheck shell=bash
# Sourced by up, down, status and logs: where an instance is and how to ask it. An instance is a folder, $dir.

repository=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
# shellcheck source=../say.sh
. "$repository/ci/say.sh"

service_user=sluice
dir=/var/lib/sluice

# value_of OPTION VALUE…: the value that must follow OPTION on the command line.
value_of() {
    case ${2:-} in '' | --*) usage_error "$1 needs a value" ;; esac
    printf '%s\n' "$2"
}

# set_dir --dir DIR
set_dir() {
    dir=$(value_of "$@") || exit
    dir=$(realpath -m -- "$dir")
}

# What touches DIR does it as the user it belongs to: root must not follow a link that the service could have put there.
as_service() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    else
        setpriv --reuid "$service_user" --regid "$service_user" --init-groups --no-new-privs -- "$@"
    fi
}

# The folder in memory for this instance's live windows.
live_memory() { printf '/dev/shm/sluice-%s\n' "$(printf %s "$dir" | sha256sum | cut -c1-16)"; }

require_instance() {
    [ -d "$dir" ] || fail "$dir does not exist" "start an instance with: ./sluice up --dir $dir"
    as_service test -r "$dir" -a -x "$dir" 2>/dev/null ||
        fail "$dir is closed to you" "run this as root or as the user it belongs to"
}

# The supervisor's process id, when it is alive and really one; nothing otherwise.
supervisor_pid() {
    local pid
    pid=$(as_service cat "$dir/run/supervisor.pid" 2>/dev/null) || return 0
    [[ $pid =~ ^[1-9][0-9]*$ ]] || return 0
    case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
    *sluice-supervisor*" --dir $dir "*) printf '%s\n' "$pid" ;;
    esac
}

# descendants PID: PID's children, their children and so on, one a line.
descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        printf '%s\n' "$child"
        descendants "$child"
    done
}

# with_token CURL-OPTION…: curl with the admin token, which must not appear on a command line.
with_token() {
    printf 'Authorization: Bearer %s\n' "$(as_service cat "$dir/admin-token" 2>/dev/null)" |
        as_service curl -fsS --max-time 5 -H @- "$@"
}

# control_api PATH: asks the control plane on its own socket.
control_api() { with_token --unix-socket "$dir/run/api.sock" "http://localhost$1"; }

# control_socket PATH: asks nginx on the control socket.
control_socket() {
    as_service curl -fsS --max-time 5 --unix-socket "$dir/run/control.sock" "http://localhost$1"
}

# public_port_of KIND: the port that addresses name, which a container or a balancer may map to that of port_of.
public_port_of() {
    control_api /api/v1/settings 2>/dev/null | jq -er ".public_ports.$1 // .$1_port"
}

# port_of KIND: the port in force: http, https, rtmp or rtmps.
port_of() {
    control_api /api/v1/settings 2>/dev/null | jq -er ".$1_port"
}
