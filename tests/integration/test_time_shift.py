"""Time-shift: viewers go back as far as the channel says, and the live playlist stays short."""

import os
import re
import subprocess

import httpx
import pytest
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

WINDOW_S = 20
PARTS = {
    "main": "sluice_package_dir live; sluice_package_archive archive;",
    "application": "sluice_access_publish open; sluice_package cmaf; sluice_package_segment 1s; sluice_package_list 3; "
                   f"sluice_package_dvr {WINDOW_S}s; sluice_ingest_reconnect_window 1s;",
    "locations": "location / { sluice_package_serve on; }",
}
RANGE = re.compile(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)")


@pytest.fixture
def client():
    with httpx.Client(timeout=15) as client:
        yield client


def playlist(client, nginx, path):
    reply = client.get(f"{nginx.url}/demo/{path}")
    return reply.text if reply.status_code == 200 else ""


def listed_s(text):
    return sum(float(length) for length, *_ in RANGE.findall(text))


def sequence(text):
    return int(re.search(r"MEDIA-SEQUENCE:(\d+)", text).group(1))


def wait_listed(client, nginx, seconds, timeout=30):
    def long_enough():
        text = playlist(client, nginx, "dvr/v.m3u8")
        return text if text and listed_s(text) >= seconds else None
    return wait_for(long_enough, timeout, f"{seconds} s of time-shift")


def test_the_window_is_as_long_as_told_and_the_live_playlist_short(make_nginx, client):
    nginx = make_nginx(workers=2, **PARTS)
    with Publisher(nginx.rtmp, "demo", clip("avc_quick"), speed=4):
        wait_for(lambda: sequence(playlist(client, nginx, "dvr/v.m3u8") or "MEDIA-SEQUENCE:0") > 3, 30, "the window to move")
        text = playlist(client, nginx, "dvr/v.m3u8")
        assert "#EXT-X-ENDLIST" not in text
        # Media time runs four times as fast as the wall clock here: by their dates the segments overlap.
        assert listed_s(text) >= WINDOW_S
        live = playlist(client, nginx, "s/v/index.m3u8")
        assert live.count("#EXTINF") <= 4
        for path in ("dvr/index.m3u8", "dvr/a.m3u8"):
            assert playlist(client, nginx, path).startswith("#EXTM3U")
        length, size, offset, uri = RANGE.findall(text)[-1]
        reply = client.get(f"{nginx.url}/demo/dvr/{uri}", headers={"Range": f"bytes={offset}-{int(offset) + int(size) - 1}"})
        assert reply.status_code == 206 and len(reply.content) == int(size) and reply.content[4:8] == b"moof"


def test_a_file_that_becomes_short_while_it_is_sent_ends_only_that_answer(make_nginx, client):
    nginx = make_nginx(**PARTS)
    nginx.expected.append("was truncated|read only")
    with Publisher(nginx.rtmp, "demo", clip("avc")):
        wait_listed(client, nginx, 2)
    wait_for(lambda: "#EXT-X-ENDLIST" in playlist(client, nginx, "dvr/v.m3u8"), 10, "the end")
    *_, uri = RANGE.findall(playlist(client, nginx, "dvr/v.m3u8"))[-1]
    file = nginx.prefix / "archive" / "demo" / uri
    os.truncate(file, 256 << 20)  # more than sockets hold
    workers = nginx.workers()
    with client.stream("GET", f"{nginx.url}/demo/dvr/{uri}") as reply:
        assert reply.status_code == 200
        os.truncate(file, 1000)
        with pytest.raises(httpx.RemoteProtocolError):
            reply.read()
    assert nginx.workers() == workers
    assert client.get(f"{nginx.url}/demo/dvr/{uri}").status_code == 200


def test_what_is_kept_plays_and_goes_on_after_a_restart(make_nginx, client):
    nginx = make_nginx(**PARTS)
    with Publisher(nginx.rtmp, "demo", clip("avc")):
        wait_listed(client, nginx, 6)
    wait_for(lambda: "#EXT-X-ENDLIST" in playlist(client, nginx, "dvr/v.m3u8"), 10, "the end")
    before = playlist(client, nginx, "dvr/v.m3u8")
    decoded = subprocess.run(["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", "-i",
                              f"{nginx.url}/demo/dvr/index.m3u8", "-f", "null", "-"], capture_output=True, text=True, timeout=60)
    assert decoded.returncode == 0 and not decoded.stderr, decoded.stderr
    nginx.stop()
    nginx.start()
    # Nobody publishes, and it can still be seen.
    assert listed_s(playlist(client, nginx, "dvr/v.m3u8")) == listed_s(before)
    with Publisher(nginx.rtmp, "demo", clip("avc")):
        text = wait_for(lambda: (t := playlist(client, nginx, "dvr/v.m3u8")).count("#EXT-X-DISCONTINUITY\n") == 1 and t, 15,
                        "the new session")
        assert sequence(text) >= sequence(before) and text.index("DISCONTINUITY\n") > text.index("#EXTINF")


def test_a_stream_without_time_shift_has_none(make_nginx, client):
    nginx = make_nginx(**PARTS | {"application": "sluice_access_publish open; sluice_package cmaf;"})
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")):
        wait_for(lambda: playlist(client, nginx, "s/v/index.m3u8").count("#EXTINF") >= 1, 15, "a segment")
        for path in ("dvr/index.m3u8", "dvr/v.m3u8", "dvr/1-v.mp4", "dvr/../../nginx.conf", "dvr/%2e%2e/index"):
            assert client.get(f"{nginx.url}/demo/{path}").status_code == 404


def test_a_channel_that_gives_it_up_shows_nothing_of_it_any_more(shared_system, client):
    channel = shared_system.api.channel(packaging={"segment_s": 1, "dvr_window_s": 60})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        def text():
            reply = client.get(f"{shared_system.url}/{channel.id}/dvr/v.m3u8")
            return reply.text if reply.status_code == 200 else ""
        media = RANGE.findall(wait_for(lambda: RANGE.search(text()) and text(), 20, "something to go back to"))[0][3]
        channel.patch(packaging={"dvr_window_s": 0})
        for name in ("index.m3u8", "v.m3u8", media):
            reply = client.get(f"{shared_system.url}/{channel.id}/dvr/{name}")
            assert reply.status_code == 404 and reply.json()["reason"] == "output_disabled"
    shared_system.api.delete(channel.path)
