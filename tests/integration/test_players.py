"""Real players decode what comes out: ffmpeg, ffprobe, mpv, ffplay; VLC and GStreamer where they are."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.waiting import wait_for

PLAYERS = Path(__file__).parents[1] / "lib/players.sh"
SECONDS = 3
NGINX = {"workers": 2, "main": "sluice_package_dir live;",
         "application": "sluice_access_publish open; sluice_package hls cmaf;",
         "locations": "location / { sluice_package_serve on; }"}
SEGMENTED = {"hls": "live.m3u8", "low-latency": "master.m3u8", "dash": "manifest.mpd"}


@pytest.fixture
def demo(nginx):
    with Ffmpeg(f"{nginx.rtmp_url}/demo", "avc"):
        nginx.control.wait_state("demo", "live")
        yield nginx


def url(nginx, way):
    if way in SEGMENTED:
        return f"{nginx.url}/demo/{SEGMENTED[way]}"
    return {"http": nginx.flv("demo"), "https": f"https://127.0.0.1:{nginx.https}/demo/live.flv",
            "rtmp": f"{nginx.rtmp_url}/demo"}[way]


def plays(player, address, program=None, start_s=3):
    if not shutil.which(program or player):
        pytest.skip(f"{player} is not installed")
    done = subprocess.run([PLAYERS, player, address, str(SECONDS)], text=True, capture_output=True,
                          env=os.environ | {"START": str(start_s)})
    assert done.returncode == 0, done.stdout + done.stderr


def wait_segments(nginx, way):
    """Until there are three whole segments: players that know no parts begin with those."""
    if way not in SEGMENTED:
        return
    lists = ["live.m3u8"] if way == "hls" else ["s/v/index.m3u8", "s/a/index.m3u8"]

    def enough():
        texts = [httpx.get(f"{nginx.url}/demo/{name}", timeout=15).text for name in lists]
        return all(text.count("#EXTINF") >= 3 for text in texts)
    wait_for(enough, 20, f"segments of {way}")


@pytest.mark.parametrize("way", ["http", "rtmp", "hls", "low-latency", "dash"])
@pytest.mark.parametrize("player", ["ffmpeg", "ffplay", "mpv"])
def test_players_decode_picture_and_sound(demo, player, way):
    wait_segments(demo, way)
    # FFmpeg's DASH reads several segments to the end before it shows the first picture.
    plays(player, url(demo, way), start_s=8 if way == "dash" else 3)


@pytest.mark.long
@pytest.mark.parametrize("way", ["hls", "low-latency", "dash"])
@pytest.mark.parametrize(("player", "program"), [("vlc", "vlc"), ("gstreamer", "gst-launch-1.0")])
def test_vlc_and_gstreamer_play_too(demo, player, program, way):
    wait_segments(demo, way)
    plays(player, url(demo, way), program)


def probe(address, *options):
    done = subprocess.run(["ffprobe", "-v", "error", "-rw_timeout", "5000000", "-show_streams", "-of", "json",
                           *options, address], text=True, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return {s["codec_type"]: s for s in json.loads(done.stdout)["streams"]}


@pytest.mark.parametrize("way", ["http", "https", "rtmp"])
def test_ffprobe_finds_both_streams(demo, way):
    found = probe(url(demo, way))
    assert found["video"]["codec_name"] == "h264"
    assert (found["video"]["width"], found["video"]["height"]) == (320, 180)
    assert found["audio"]["codec_name"] == "aac"


def test_b_frames_are_shown_in_their_order(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_bframes")):
        nginx.control.wait_state("demo", "live")
        done = subprocess.run(
            ["ffprobe", "-v", "error", "-select_streams", "v", "-read_intervals", "%+3", "-show_entries",
             "frame=pts,pict_type", "-of", "csv=p=0", nginx.flv("demo")],
            text=True, capture_output=True, timeout=20)
    # Side data of the first frame comes on a line of its own.
    frames = [line.split(",") for line in done.stdout.split() if "," in line]
    shown = [int(frame[0]) for frame in frames]
    assert "B" in {frame[1] for frame in frames}
    assert shown == sorted(shown) and len(shown) > 50
    assert max(b - a for a, b in zip(shown, shown[1:])) <= 41


def test_a_strict_decoder_finds_no_error(demo):
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", "-i",
                           demo.flv("demo"), "-t", "3", "-f", "null", "-"],
                          text=True, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower(), done.stderr


def test_the_play_addresses_of_the_api_play(shared_system, channel):
    play = channel.urls()["play"]
    with Ffmpeg(channel.urls()["push"]["rtmp"]):
        shared_system.control.wait_state(channel.id, "live")
        for address in (play["flv"], play["rtmp"]):
            assert set(probe(address)) == {"video", "audio"}
