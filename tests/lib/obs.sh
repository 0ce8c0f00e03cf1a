#!/bin/bash
# obs.sh SERVER KEY SECONDS: publishes with OBS Studio 29 on a virtual screen and stops it cleanly.
# Settings: x264 CBR 1000 kbit/s, key frame 2 s, veryfast, zerolatency; AAC 96 kbit/s.
# Needs obs-studio xvfb xauth xdotool libgl1-mesa-dri. Exits 0 only when OBS streamed and stopped
# by its own hotkey. DISPLAY_NUMBER (97) and OBS_HOME (a temporary folder) can be set.
set -u
server=$1 key=$2 seconds=${3:-20}
home=${OBS_HOME:-$(mktemp -d)}
display=:${DISPLAY_NUMBER:-97}
config=$home/obs-studio
profile=$config/basic/profiles/live
log=$home/obs.log
mkdir -p "$profile" "$config/basic/scenes" "$home/run"
chmod 700 "$home/run"

write_configuration() {
    printf '%s\n' '[General]' FirstRun=true EnableAutoUpdates=false InfoIncrement=99 LastVersion=486539266 \
        Pre19Defaults=false Pre21Defaults=false Pre23Defaults=false Pre24.1Defaults=false \
        '[Basic]' Profile=live ProfileDir=live SceneCollection=live SceneCollectionFile=live \
        '[BasicWindow]' SysTrayEnabled=true SysTrayWhenStarted=true WarnBeforeStartingStream=false \
        WarnBeforeStoppingStream=false PreviewEnabled=false '[Video]' Renderer=OpenGL >"$config/global.ini"
    printf '%s\n' '[General]' Name=live '[Output]' Mode=Advanced Reconnect=false \
        '[Hotkeys]' 'OBSBasic.StopStreaming={"bindings":[{"key":"OBS_KEY_F8"}]}' \
        '[AdvOut]' Encoder=obs_x264 AudioEncoder=ffmpeg_aac TrackIndex=1 Track1Bitrate=96 \
        ApplyServiceSettings=false UseRescale=false \
        '[Video]' BaseCX=640 BaseCY=360 OutputCX=640 OutputCY=360 FPSType=1 FPSInt=25 ColorFormat=NV12 \
        '[Audio]' SampleRate=44100 ChannelSetup=Stereo >"$profile/basic.ini"
    printf '{"rate_control":"CBR","bitrate":1000,"keyint_sec":2,"preset":"veryfast","profile":"main",%s}' \
        '"tune":"zerolatency","x264opts":""' >"$profile/streamEncoder.json"
    /usr/bin/python3 - "$server" "$key" >"$profile/service.json" <<'PY'
import json, sys
settings = {"server": sys.argv[1], "key": sys.argv[2], "use_auth": False, "bwtest": False}
print(json.dumps({"type": "rtmp_custom", "settings": settings}))
PY
    write_scene >"$config/basic/scenes/live.json"
}

write_scene() {
    cat <<'JSON'
{"name": "live", "current_scene": "S", "current_program_scene": "S", "scene_order": [{"name": "S"}],
 "sources": [
  {"id": "scene", "name": "S", "settings": {"id_counter": 1, "custom_size": false, "items": [
    {"id": 1, "name": "moving", "visible": true, "pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0}}]}},
  {"id": "ffmpeg_source", "versioned_id": "ffmpeg_source", "name": "moving", "mixers": 255, "volume": 1.0,
   "settings": {"is_local_file": false, "input_format": "lavfi", "hw_decode": false,
    "input": "testsrc2=s=640x360:r=25[out0];sine=f=440:r=44100[out1]"}}]}
JSON
}

started() { grep -q 'Streaming Start' "$log"; }
# Without a network OBS also fails to fetch its list of services: that says nothing.
over() { grep -v 'Remote update' "$log" | grep -qE 'Streaming Stop|failed' || ! kill -0 "$obs" 2>/dev/null; }
wait_until() { # seconds condition
    local end=$((SECONDS + $1))
    until "$2"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}
start_answer() { started || over; }
stopped() { grep -q 'Streaming Stop' "$log"; }
obs_gone() { ! kill -0 "$obs" 2>/dev/null; }
screen_up() { [ -S "/tmp/.X11-unix/X${display#:}" ]; }

finish() {
    kill -INT "$obs" 2>/dev/null
    wait_until 5 obs_gone || kill -9 "$obs" 2>/dev/null
    kill "$screen" 2>/dev/null
    wait 2>/dev/null
    exit "$1"
}

write_configuration
: >"$log"
Xvfb "$display" -screen 0 1024x768x24 -nolisten tcp >"$home/xvfb.log" 2>&1 &
screen=$!
wait_until 5 screen_up || { echo "no virtual screen" >&2; exit 2; }
env --default-signal=INT -u WAYLAND_DISPLAY DISPLAY="$display" XDG_CONFIG_HOME="$home" HOME="$home" \
    XDG_RUNTIME_DIR="$home/run" LIBGL_ALWAYS_SOFTWARE=1 QT_QPA_PLATFORM=xcb \
    obs --multi --minimize-to-tray --startstreaming --profile live --collection live --scene S \
    --disable-updater --disable-missing-files-check --unfiltered_log >"$log" 2>&1 &
obs=$!
wait_until 20 start_answer
started || { echo "OBS did not stream"; finish 1; }
sleep "$seconds"
obs_gone && { echo "OBS died"; finish 1; }
DISPLAY=$display xdotool keydown F8 sleep 0.3 keyup F8
wait_until 5 stopped || { echo "OBS did not stop by its hotkey"; finish 1; }
echo "streamed and stopped"
finish 0
