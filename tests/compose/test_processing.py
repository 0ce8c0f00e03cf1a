"""FFmpeg in the container: what a channel wants made of its picture is made there, with what the image has."""

import json
import subprocess

import pytest
from sluicetest import http
from sluicetest.compose import PORTS, here
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

SMALL = {"name": "small", "width": 160, "height": 90, "bitrate_kbps": 150}
# Latin, Chinese and a picture letter: each needs a font of its own.
TEXT = {"text": {"enabled": True, "content": "直播 MARK ☺", "font_size": 60, "left": 0, "top": 0}}


@pytest.fixture
def processed(api):
    return api.channel(packaging={"segment_s": 1}, transcode={"enabled": True, "custom": [SMALL]}, watermark=TEXT,
                       record={"snapshot": {"enabled": True, "interval_s": 1}})


def states(channel):
    return {hook["name"]: hook["state"] for hook in channel.status()["hooks"]}


def answers(url):
    with http.request(url) as reply:
        return reply.status == 200


def size_of(url):
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", url],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[0]


def test_the_image_has_an_encoder_for_each_codec(api):
    found = api.get("/encoders").json()
    assert {e["codec"] for e in found["encoders"] if e["usable"]} == {"h264", "h265"}, json.dumps(found)


def test_renditions_marks_and_snapshots_are_made_in_the_container(sluice, processed):
    play = processed.urls()["play"]
    with Publisher(PORTS["rtmp"], processed.name(), clip("avc_quick")):
        wait_for(lambda: set(states(processed).values()) == {"running"}, 40, f"the hooks: {states(processed)}")
        rendition = here(play["flv"]).replace("live.flv", "small/live.flv")
        wait_for(lambda: answers(rendition.replace("live.flv", "index.m3u8")), 20, "the rendition's playlist")
        assert size_of(rendition) == "160,90"
        wait_for(lambda: answers(here(play["flv"]).replace("live.flv", "snapshot.jpg")), 20, "a snapshot")
        programs = [(user, args) for user, args in sluice.processes() if args.startswith("ffmpeg") or "sluice-exec" in args]
        assert programs and all(user == 1935 for user, _ in programs)
    wait_for(lambda: not any("ffmpeg" in args for _, args in sluice.processes()), 30, "FFmpeg to end with the stream")
