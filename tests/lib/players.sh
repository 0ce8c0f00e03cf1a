#!/bin/bash
# players.sh PLAYER URL [SECONDS]: exits 0 only when about that much picture and sound was decoded.
# PLAYER: ffmpeg, ffplay, mpv, vlc or gstreamer. No player's own exit status is believed: ffplay's is 0 even when
# the address does not open.
set -u
player=$1 url=$2 seconds=${3:-4}
frames_wanted=$((seconds * ${FPS:-25} * 8 / 10))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy

at_least() { [ "${1:-0}" -ge "$2" ] 2>/dev/null; }

play_ffmpeg() {
    timeout -k 2 $((seconds + 15)) ffmpeg -nostdin -v error -rw_timeout 5000000 -i "$url" -t "$seconds" \
        -map 0:v:0 -map 0:a:0 -f null -progress "$work/progress" - 2>"$work/err"
    local status=$? frames
    frames=$(sed -n 's/^frame=//p' "$work/progress" | tail -1)
    echo "status $status, $frames frames"
    head -3 "$work/err"
    [ $status = 0 ] && at_least "$frames" $frames_wanted
}

# -t does not end a live input, so a signal does (status 123 or 124); the clock is read from -stats. START: seconds it may take
# to begin.
play_ffplay() {
    timeout -k 2 $((seconds + ${START:-3})) ffplay -v info -stats -autoexit "$url" </dev/null 2>"$work/err"
    local clocks first last
    clocks=$(tr '\r' '\n' <"$work/err" | grep -oE '^ *[0-9.]+ A-V' | grep -oE '[0-9.]+')
    first=$(head -1 <<<"$clocks") last=$(tail -1 <<<"$clocks")
    echo "clock from ${first:-nothing} to ${last:-nothing}"
    [ -n "$clocks" ] || { tail -3 "$work/err"; return 1; }
    awk -v a="$first" -v b="$last" -v s="$seconds" 'BEGIN { exit !(b - a >= s * 0.8 - 0.5) }'
}

play_mpv() {
    # shellcheck disable=SC2016 # mpv expands it
    timeout -k 2 $((seconds + 15)) mpv --no-config --vo=null --ao=null --hwdec=no --network-timeout=5 \
        --length="$seconds" --msg-level=all=warn,statusline=status \
        --term-status-msg='AT ${=time-pos} FRAME ${estimated-frame-number} V ${video-codec} A ${audio-codec}' \
        "$url" >"$work/out" 2>&1 </dev/null
    local status=$? line frames
    line=$(tr '\r' '\n' <"$work/out" | grep -a 'AT [0-9]' | tail -1)
    frames=$(grep -oE 'FRAME [0-9]+' <<<"$line" | cut -d' ' -f2)
    echo "status $status, ${line:0:120}"
    [ $status = 0 ] && at_least "$frames" $frames_wanted && ! grep -q unavailable <<<"$line"
}

# It refuses root, and its status is 0 whatever happens: its own counters are asked for.
play_vlc() {
    chmod 777 "$work"
    local drop=()
    [ "$(id -u)" != 0 ] || drop=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    { sleep $((seconds + 6)); echo stats; sleep 1; echo quit; } |
        timeout -k 2 $((seconds + 15)) "${drop[@]}" env HOME="$work" XDG_RUNTIME_DIR="$work" vlc -I rc --no-dbus --vout=vdummy \
            --aout=adummy --no-video-title-show --network-caching=500 --avcodec-hw=none "$url" >"$work/out" 2>&1
    local video audio
    video=$(grep -a 'video decoded' "$work/out" | grep -oE '[0-9]+' | tail -1)
    audio=$(grep -a 'audio decoded' "$work/out" | grep -oE '[0-9]+' | tail -1)
    echo "${video:-no} pictures, ${audio:-no} blocks of sound"
    at_least "$video" $frames_wanted && at_least "$audio" $((seconds * 20))
}

# On a live playlist the pipeline never ends: what arrived at its ends is counted, then it is interrupted.
play_gstreamer() {
    local sink=(sync=true silent=false) pictures sounds
    timeout -s INT -k 2 $((seconds + 8)) env GST_REGISTRY="$work/registry" gst-launch-1.0 -v uridecodebin uri="$url" name=d \
        d. ! queue ! videoconvert ! fakesink name=vs "${sink[@]}" d. ! queue ! audioconvert ! fakesink name=as "${sink[@]}" >"$work/out" 2>&1
    pictures=$(grep -ac 'vs: last-message = chain' "$work/out")
    sounds=$(grep -ac 'as: last-message = chain' "$work/out")
    echo "$pictures pictures, $sounds blocks of sound"
    grep -a ERROR "$work/out" | head -2
    at_least "$pictures" $frames_wanted && at_least "$sounds" $((seconds * 20))
}

case $player in
    ffmpeg | ffplay | mpv | vlc | gstreamer) "play_$player" ;;
    *) echo "unknown player $player" >&2; exit 2 ;;
esac
