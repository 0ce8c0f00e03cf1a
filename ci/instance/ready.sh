# shellcheck shell=bash
# Sourced by up: waits until the system works from outside, and says where it is.
# shellcheck disable=SC2154,SC2034 # dir, demo, supervisor: variables of up

not_ready=""

http_answers() {
    local port
    port=$(port_of http) || { not_ready="the control plane does not answer"; return 1; }
    [ "$(curl -fsS --max-time 5 "http://127.0.0.1:$port/api/v1/health" 2>/dev/null | jq -r .status)" = ok ] ||
        { not_ready="http://127.0.0.1:$port/api/v1/health does not say ok"; return 1; }
}

# Every worker has the newest nginx configuration and the channels snapshot.
workers_confirmed() {
    control_socket '/-/generation' 2>/dev/null | jq -e '[.workers[] | select(.exiting | not)]
        | length > 0 and all(.snapshot_generation > 0) and (map(.config_generation) | unique | length) == 1' >/dev/null ||
        { not_ready="the nginx workers have not confirmed their configuration"; return 1; }
}

wait_until_ready() {
    local deadline=$((SECONDS + 60))
    say "starting in $dir"
    while [ $SECONDS -lt $deadline ]; do
        if ! kill -0 "$supervisor" 2>/dev/null; then
            not_ready="the supervisor ended"
            break
        fi
        if http_answers && workers_confirmed; then return 0; fi
        sleep 0.1
    done
    show_log_tail
    return 1
}

# The end of each log that says something went wrong; none of them holds secrets.
show_log_tail() {
    local log
    for log in "$dir"/logs/*.log; do
        [ -s "$log" ] || continue
        printf '%s\n' "--- $log" >&2
        as_service tail -n 15 "$log" >&2
    done
}

# A container knows only an address that nobody outside can use.
host_name() {
    local host
    host=$(control_api /api/v1/settings | jq -r '.public_host // empty')
    [ -n "$host" ] || [ "${in_container:-no}" = yes ] || host=$(hostname -I 2>/dev/null | awk '{print $1}')
    [ -n "$host" ] || host=localhost
    case $host in *:*:*) host="[$host]" ;; esac
    printf '%s\n' "$host"
}

# port_suffix NUMBER DEFAULT: ":NUMBER", or nothing where a URL does without.
port_suffix() { [ "$1" = "$2" ] || printf ':%s' "$1"; }

print_addresses() {
    local host http rtmp origin
    host=$(host_name)
    http=$(public_port_of http)
    rtmp=$(public_port_of rtmp)
    origin=http://$host$(port_suffix "$http" 80)
    printf '%s\n' "" "Sluice is running." \
        "  console    $origin/console/" \
        "  login      $(login_hint "$origin")"
    print_admin_password
    if [ "$demo" = yes ]; then print_demo "$origin"; else print_example "$origin" "rtmp://$host$(port_suffix "$rtmp" 1935)"; fi
    printf '%s\n' "  logs       $dir/logs" ""
}

# The control plane makes it up at the first start, when nobody gave one: this is the only time that anybody sees it.
print_admin_password() {
    local file=$dir/run/admin-password password
    password=$(as_service cat "$file" 2>/dev/null) || return 0
    printf '%s\n' "  password   $password   (of the user admin; it is not shown again)"
    as_service rm -f "$file"
}

# A token on a terminal is for the person there; in a file it would be a leak.
login_hint() {
    if [ -t 1 ]; then
        printf '%s' "$1/console/#token=$(as_service cat "$dir/admin-token")"
    else
        printf '%s' "the admin token is in $dir/admin-token"
    fi
}

print_example() {
    printf '%s\n' "  push       $2/stream/<id>?sign=…   (GET $1/api/v1/channels/<id>/urls has the whole address)" \
        "  play       $1/<id>/live.flv" \
        "  page       $1/<id>/flv.html"
}
