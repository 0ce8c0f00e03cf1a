"""The player page against the real module: what is pushed by RTMP is seen in a browser."""

import time

import pytest
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
