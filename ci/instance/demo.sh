# shellcheck shell=bash
# Sourced by up: the channel "demo" of up --demo. It is a channel like any other, which somebody may have changed: one that can't
# play is worth a warning, and no reason to stop the instance.
# shellcheck disable=SC2154 # dir, supervisor: variables of up

demo_obstacle=""

demo_api() { control_api "/api/v1/channels/demo$1" 2>/dev/null; }

# demo_picture ADDRESS COMMAND…: COMMAND gets the beginning of what a viewer gets. The address holds a signature where the channel
# asks for one, and must not appear on a command line.
demo_picture() {
    local port
    port=$(port_of http)
    printf 'url = "http://127.0.0.1:%s%s"\n' "$port" "$1" | curl -s --max-time 3 -K - 2>/dev/null | head -c 65536 | "${@:2}"
}

# Status 0 when it plays, 1 when it may still come, 2 when it will not; demo_obstacle then says why.
demo_plays() {
    local status play said
    status=$(demo_api /status) || { demo_obstacle="the control plane does not tell of the channel"; return 1; }
    case $(jq -r .admission <<<"$status") in
    disabled) demo_obstacle="the channel is disabled" && return 2 ;;
    expired) demo_obstacle="the channel has expired" && return 2 ;;
    esac
    play=$(demo_api /urls | jq -r '.play.flv // empty | sub("^[a-z]+://[^/]*"; "")')
    [ -n "$play" ] || { demo_obstacle="its output flv is switched off"; return 2; }
    jq -e '.state == "live" and .video != null and .audio != null' <<<"$status" >/dev/null ||
        { demo_obstacle="the test picture does not arrive; see $dir/logs/demo.log"; return 1; }
    [ "$(demo_picture "$play" wc -c)" != 65536 ] || return 0
    said=$(demo_picture "$play" jq -Rr 'fromjson? | .detail // empty')
    demo_obstacle=${said:-"nothing comes from its address"}
    case $said in '' | *offline) return 1 ;; *) return 2 ;; esac
}

# Returns when it plays, or with a warning when it does not.
await_demo() {
    local deadline=$((SECONDS + 30)) verdict
    while [ $SECONDS -lt $deadline ] && kill -0 "$supervisor" 2>/dev/null; do
        verdict=0
        demo_plays || verdict=$?
        case $verdict in 0) return 0 ;; 2) break ;; esac
        sleep 0.1
    done
    say "warning: the demo does not play: $demo_obstacle"
}

# print_demo ORIGIN
print_demo() {
    local urls
    urls=$(with_token -H "Host: ${1#http://}" "http://127.0.0.1:$(port_of http)/api/v1/channels/demo/urls") || urls='{}'
    jq -r --arg otherwise "see $1/api/v1/channels/demo/urls" '
        "  push       \(.push.rtmp // $otherwise)   (sluice pushes a test picture there)",
        "  play       \(.play.flv // $otherwise)",
        "  page       \(.play.pages.flv // $otherwise)"' <<<"$urls"
}
