"""A channel whose viewers are signed: nothing of it is seen without a good signature, on any address."""

import concurrent.futures
import re
import time
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from sluicetest import metrics, rtmp
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

ENTRIES = ["master.m3u8", "live.m3u8", "index.m3u8", "manifest.mpd"]
PAGES = ["flv.html", "hls.html", "dash.html", "index.html"]
PICTURE = "snapshot.jpg"
CHILD = re.compile(r'(?:URI="|initialization="|media=")([^"]+)"|^(?!#)(\S+\.(?:m3u8|m4s|ts).*)$', re.M)


@pytest.fixture(scope="module")
def signed(shared_system):
    """A live channel with signed playback, and its signed addresses."""
    channel = shared_system.api.channel(playback={"auth": "signed"})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        shared_system.control.wait_state(channel.id, "live")
        yield channel
    shared_system.api.delete(channel.path)


@pytest.fixture
def client():
    with httpx.Client(timeout=15) as client:
        yield client


def token_of(channel, **limits):
    """What stands behind the `?` of its addresses."""
    reply = channel.api.get(f"{channel.path}/urls", params=limits)
    return urlsplit(reply.json()["play"]["hls"]).query


def address(shared_system, channel, path):
    return f"{shared_system.url}/{channel.id}/{path}"


def playable(client, url):
    """The text of a playlist, once there is something in it."""
    return wait_for(lambda: (r := client.get(url)).status_code == 200 and r.text, 15, url)


def changed(token):
    """The same signature with one digit that is another."""
    return token[:-1] + ("0" if token[-1] != "0" else "1")


def children(text, base):
    found = [a or b for a, b in CHILD.findall(text)]
    assert found, text
    return [urljoin(base, child.replace("&amp;", "&")) for child in found]


@pytest.mark.parametrize("path", [*ENTRIES, *PAGES, PICTURE, "live.flv"])
def test_without_a_good_signature_nothing_is_shown(shared_system, signed, client, path):
    url = address(shared_system, signed, path)
    good = token_of(signed)
    expires = good.split("=", 1)[1].split("-", 1)[0]
    for query in ("", "?sign=", f"?{changed(good)}", f"?{good.replace(expires, str(int(time.time()) - 5))}",
                  f"?{good.replace(expires, str(int(expires) - 1))}"):
        with client.stream("GET", url + query) as reply:
            assert reply.status_code == 403, f"{path}{query.replace(good, 'GOOD')}"
            assert good.encode() not in reply.read()


def test_with_one_pages_are_shown_and_a_picture_where_there_is_one(shared_system, signed, client):
    token = token_of(signed)
    for page in PAGES:
        assert client.get(address(shared_system, signed, f"{page}?{token}")).status_code == 200, page
    picture = address(shared_system, signed, f"{PICTURE}?{token}")
    assert client.get(picture).status_code == 404
    file = shared_system.dir / "live" / signed.id / PICTURE
    file.write_bytes(b"\xff\xd8 a picture")
    reply = client.get(picture)
    assert (reply.status_code, reply.headers["content-type"], reply.content) == (200, "image/jpeg", file.read_bytes())
    file.unlink()


def test_rtmp_needs_it_too(shared_system, signed):
    refused = rtmp.Connection.open("127.0.0.1", shared_system.rtmp).play(signed.id)
    assert refused.level == "error" and "signature_missing" in refused.description


@pytest.mark.parametrize("path", ENTRIES)
def test_a_signature_goes_on_into_every_address(shared_system, signed, client, path):
    token = token_of(signed)
    waiting = [address(shared_system, signed, f"{path}?{token}")]
    seen = set()
    while waiting:
        url = waiting.pop()
        kind = re.sub(r"\d+", "N", urlsplit(url).path)
        if kind in seen:
            continue
        seen.add(kind)
        assert url.count("sign=") == 1 and url.endswith(token), url
        url = url.replace("$Number$", "1")
        if urlsplit(url).path.endswith(("m3u8", "mpd")):
            waiting += children(playable(client, url), url)
        elif "/1.m4s" not in url:
            reply = client.get(url)
            assert reply.status_code == 200 and "private" in reply.headers["cache-control"], url
        bare = client.get(url.split("?")[0])
        assert bare.status_code == 403 and bare.json()["reason"] == "signature_missing"


def test_two_viewers_never_see_each_others_token(shared_system, signed, client):
    tokens = [token_of(signed), token_of(signed, valid_s=3600)]
    assert tokens[0] != tokens[1]
    for path in ENTRIES:
        texts = [playable(client, address(shared_system, signed, f"{path}?{t}")) for t in tokens]
        for mine, other, text in ((tokens[0], tokens[1], texts[0]), (tokens[1], tokens[0], texts[1])):
            assert mine in text and other not in text


def test_an_open_channel_hands_no_token_on(shared_system, client):
    channel = shared_system.api.channel()
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        text = playable(client, address(shared_system, channel, "s/v/index.m3u8?sign=1-abc"))
        assert "sign" not in text
    shared_system.api.delete(channel.path)


def test_an_output_that_is_switched_off_is_not_there(shared_system, client):
    channel = shared_system.api.channel(outputs={"hls": False})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        playable(client, address(shared_system, channel, "master.m3u8"))
        reply = client.get(address(shared_system, channel, "live.m3u8"))
        assert reply.status_code == 404 and reply.json()["reason"] == "output_disabled"
        channel.patch(outputs={"hls": True, "cmaf": False})
        playable(client, address(shared_system, channel, "live.m3u8"))
        for path in ("master.m3u8", "manifest.mpd"):
            reply = client.get(address(shared_system, channel, path))
            assert reply.status_code == 404 and reply.json()["reason"] == "output_disabled"
        assert "live.m3u8" in playable(client, address(shared_system, channel, "index.m3u8"))
    shared_system.api.delete(channel.path)


@pytest.mark.parametrize("playback", [{"allow_ips": ["127.0.0.0/8"]}, {"allow_origins": ["https://example.com"]},
                                      {"allow_referers": ["none"]}])
def test_what_not_everybody_may_see_is_kept_by_no_shared_cache(shared_system, client, playback):
    channel = shared_system.api.channel(playback=playback)
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        url = address(shared_system, channel, "s/v/index.m3u8")
        text = wait_for(lambda: ".m4s" in (t := playable(client, url)) and t, 15, "a part")
        for child in (url, children(text, url)[0]):
            assert client.get(child).headers["cache-control"].startswith("private, "), child
    shared_system.api.delete(channel.path)


def test_who_waits_is_judged_again_when_the_channel_changes(shared_system, client):
    channel = shared_system.api.channel(playback={"auth": "signed"})
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        url = address(shared_system, channel, f"s/v/index.m3u8?{token_of(channel)}")
        text = wait_for(lambda: "PRELOAD-HINT" in (t := playable(client, url)) and t, 15, "a part")
        number = int(re.search(r"PRELOAD-HINT.*/(\d+)\.\d+\.m4s", text).group(1))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            held = pool.submit(client.get, f"{url}&_HLS_msn={number + 1}")
            wait_for(lambda: sum(metrics.samples(shared_system.control.request("GET", "/-/metrics")[2].decode(),
                                                 "sluice_worker_held_requests").values()), 5, "the request to wait")
            channel.patch(enabled=False)
            assert held.result(10).status_code == 403
    shared_system.api.delete(channel.path)
