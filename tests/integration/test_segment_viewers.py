"""Viewers of HLS and DASH are sessions: counted once, on whatever worker, and for as long as they ask."""

import time

import httpx
import pytest
from sluicetest.callback import Callback
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

LIFETIME_S = 3  # three target durations of a second


@pytest.fixture(scope="module")
def live(shared_system):
    channel = shared_system.api.channel(packaging={"segment_s": 1})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        url = f"{shared_system.url}/{channel.id}"
        wait_for(lambda: httpx.get(f"{url}/manifest.mpd", timeout=15).status_code == 200, 20, "a manifest")
        wait_for(lambda: httpx.get(f"{url}/live.m3u8", timeout=15).status_code == 200, 20, "a playlist")
        yield channel, url
    shared_system.api.delete(channel.path)


def agent(number):
    return {"User-Agent": f"player {number}"}


def counts(channel):
    return channel.status()["viewers"]


def settled(channel, **wanted):
    wait_for(lambda: all(counts(channel)[k] == v for k, v in wanted.items()), LIFETIME_S + 6, f"{wanted}, not {counts(channel)}")


def test_each_is_counted_once_by_its_protocol_and_leaves_when_it_stops_asking(live):
    channel, url = live
    settled(channel, hls=0, cmaf_hls=0, dash=0)
    # Each on connections of its own: both workers take part.
    for _ in range(3):
        for i in range(12):
            assert httpx.get(f"{url}/live.m3u8", headers=agent(i), timeout=15).status_code == 200
        for i in range(5):
            httpx.get(f"{url}/s/v/index.m3u8", headers=agent(i), timeout=15)
            httpx.get(f"{url}/s/a/index.m3u8", headers=agent(i), timeout=15)
        httpx.get(f"{url}/manifest.mpd", headers=agent(1), timeout=15)
    settled(channel, hls=12, cmaf_hls=5, dash=1)
    began = time.monotonic()
    settled(channel, hls=0, cmaf_hls=0, dash=0)
    assert time.monotonic() - began < LIFETIME_S + 4


def test_segments_prolong_a_session_and_begin_none(live):
    channel, url = live
    settled(channel, hls=0, cmaf_hls=0, dash=0)
    text = httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).text
    until = time.monotonic() + LIFETIME_S + 3
    while time.monotonic() < until:
        segment = [x for x in httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).text.splitlines() if x.endswith(".ts")][-1]
        assert httpx.get(f"{url}/{segment}", headers=agent(1), timeout=15).status_code == 200
        assert httpx.get(f"{url}/{segment}", headers=agent(2), timeout=15).status_code == 200
        assert counts(channel)["hls"] <= 1
        wait_for(lambda seen=segment: seen not in httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).text.splitlines()[-1],
                 10, "the next segment")
    assert counts(channel)["hls"] == 1 and text


def test_a_cookie_tells_viewers_of_one_address_apart(live):
    channel, url = live
    settled(channel, hls=0)
    for i in range(4):
        for name in ("one", "two"):
            httpx.get(f"{url}/live.m3u8", headers={"Cookie": f"a=b; sluice_viewer={name}"} | agent(i), timeout=15)
    settled(channel, hls=2)


def test_a_full_channel_keeps_new_viewers_out_and_old_ones_in(live, shared_system):
    channel, url = live
    settled(channel, hls=0, cmaf_hls=0, dash=0)
    channel.patch(playback={"max_viewers": 2})
    assert [httpx.get(f"{url}/live.m3u8", headers=agent(i), timeout=15).status_code for i in range(3)] == [200, 200, 503]
    refused = httpx.get(f"{url}/manifest.mpd", headers=agent(3), timeout=15)
    assert refused.status_code == 503 and refused.json()["reason"] == "viewer_limit"
    assert httpx.get(f"{url}/live.m3u8", headers=agent(0), timeout=15).status_code == 200
    channel.patch(playback={"max_viewers": 0})


def test_a_multivariant_playlist_takes_no_second_seat(shared_system):
    channel = shared_system.api.channel(packaging={"segment_s": 1}, outputs={"cmaf": False}, playback={"max_viewers": 1})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        url = f"{shared_system.url}/{channel.id}"
        for path in ("index.m3u8", "live.m3u8", "index.m3u8"):
            wait_for(lambda p=path: httpx.get(f"{url}/{p}", headers=agent(1), timeout=15).status_code == 200, 20, path)
        assert counts(channel) | {"flv": 0} == {"flv": 0, "ws_flv": 0, "rtmp": 0, "hls": 1, "cmaf_hls": 0, "dash": 0}
        assert httpx.get(f"{url}/index.m3u8", headers=agent(2), timeout=15).status_code == 503
    shared_system.api.delete(channel.path)


def test_a_callback_is_asked_once_for_a_session(shared_system, live):
    who = Callback()
    channel = shared_system.api.channel(playback={"authorise_url": who.url})
    try:
        with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
            url = f"{shared_system.url}/{channel.id}"
            wait_for(lambda: httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).status_code == 200, 20, "a playlist")
            asked = len(who.asked)
            segment = httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).text.split()[-1]
            assert httpx.get(f"{url}/{segment}", headers=agent(1), timeout=15).status_code == 200
            assert len(who.asked) == asked
            who.deny("no ticket")
            refused = httpx.get(f"{url}/live.m3u8?user=another", headers=agent(2), timeout=15)
            assert refused.status_code == 403 and refused.json()["reason"] == "authorise_denied"
            # An address of media can be guessed: it opens nothing by itself.
            guessed = httpx.get(f"{url}/{segment}?user=another", headers=agent(2), timeout=15)
            assert guessed.status_code == 403 and guessed.json()["reason"] == "authorise_denied"
            assert httpx.get(f"{url}/live.m3u8", headers=agent(1), timeout=15).status_code == 200
    finally:
        who.close()
        shared_system.api.delete(channel.path)
