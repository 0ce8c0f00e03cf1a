"""The player pages against the real module: what is pushed by RTMP is seen in a browser."""

import re
import time

import pytest
from browser import Told
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for


@pytest.fixture
def page(nginx, watch):
    return lambda query="": watch(f"{nginx.url}/demo/flv.html{query}")


def push(nginx, name="avc"):
    publisher = Publisher(nginx.rtmp, "demo", clip(name))
    assert publisher.accepted, publisher.status
    return publisher


@pytest.mark.parametrize("query", ["", "?transport=ws"])
def test_a_push_is_seen(nginx, page, query):
    with push(nginx):
        played = page(query).wait_playing(seconds=3)

    assert (played["width"], played["height"]) == (320, 180)
    assert played["behind"] < 1.5


@pytest.fixture
def open_page(nginx, watch):
    return lambda page, query="": watch(f"{nginx.url}/demo/{page}.html{query}")


@pytest.mark.parametrize(
    ("name", "query", "protocol", "latency_s"),
    [("hls", "", "ll-hls", 1.5), ("index", "", "ll-hls", 1.5), ("hls", "?source=ts", "hls", 10), ("dash", "", "dash", 6)],
)
def test_a_push_is_seen_in_every_format_and_not_late(nginx, open_page, name, query, protocol, latency_s):
    with push(nginx):
        player = open_page(name, query)
        played = player.wait_playing(seconds=2, timeout=15)
        wait_for(lambda: 0.2 < (player.latency_s or 0) < latency_s, 8, Told(player.told))

    assert player.protocol == protocol
    assert (played["width"], played["height"]) == (320, 180)


def test_low_latency_is_by_parts_of_both_tracks(nginx, open_page):
    def parts():
        asked = (nginx.prefix / "access.log").read_text()
        return re.findall(r" 200 /demo/s/([va])/\d+/\d+\.\d+\.m4s$", asked, re.M)

    with push(nginx):
        open_page("hls").wait_playing()
        wait_for(lambda: len(parts()) > 20, 10, "parts to be asked for")

    assert set(parts()) == {"v", "a"}


@pytest.mark.parametrize("name", ["hls", "dash"])
def test_who_watches_packages_goes_on_when_the_publisher_reconnects(nginx, open_page, name):
    first = push(nginx)
    player = open_page(name)
    player.wait_playing(seconds=2, timeout=15)

    first.cut()
    second = push(nginx)
    try:
        began = player.played()["time"]
        wait_for(lambda: player.played()["time"] > began + 6, 20, Told(player.told))
        player.wait_playing()
    finally:
        second.stop()
    if name == "hls":
        # By the page, and by hls.js: it was not started anew.
        log = (nginx.prefix / "access.log").read_text()
        assert log.count(" 200 /demo/master.m3u8") == 2


def test_who_watches_packages_does_not_see_a_reload_of_nginx(nginx, open_page):
    with push(nginx):
        player = open_page("hls")
        player.wait_playing()
        nginx.reload()
        player.wait_playing(seconds=3)

        assert player.state == "playing"


def test_the_first_push_is_seen_within_two_seconds(nginx, page):
    player = page()
    player.wait_state("offline")

    began = time.monotonic()
    with push(nginx):
        wait_for(lambda: player.played()["frames"] > 0 and player.state == "playing", 5, "a picture")
        assert time.monotonic() - began < 2


def test_a_publisher_who_reconnects_is_seen_again_without_a_reload(nginx, page):
    first = push(nginx)
    player = page()
    player.wait_playing()

    first.cut()
    second = push(nginx)
    try:
        player.wait_playing(seconds=2)
    finally:
        second.stop()


def test_a_stream_that_ended_is_waited_for_and_seen_again(nginx, page):
    with push(nginx):
        player = page()
        player.wait_playing()
    player.wait_state("offline", 20)

    with push(nginx):
        player.wait_playing(seconds=2)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [("video_only", True, False), ("audio_only", False, True), ("avc_bframes", True, True), ("av1", True, True)],
)
def test_streams_of_every_kind_are_seen(nginx, page, name, video, audio):
    with push(nginx, name):
        page().wait_playing(video=video, audio=audio, seconds=2)


def test_another_size_in_the_middle_is_seen(nginx, page):
    with push(nginx):
        player = page()
        player.wait_playing()
    with push(nginx, "avc_other"):
        wait_for(lambda: player.played()["width"] == 640, 20, "the new size")
        player.wait_playing(seconds=2)


def test_a_reload_of_nginx_is_not_seen(nginx, page):
    with push(nginx):
        player = page()
        player.wait_playing()
        nginx.reload()
        player.wait_playing(seconds=3)

    assert "offline" not in player.notice
