"""HTTP-FLV over HTTP/1.1, TLS and HTTP/2, and FLV over WebSocket: the same stream everywhere."""

import base64
import contextlib
import hashlib
import threading

import httpx
import pytest
from sluicetest import flv, http
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import CurlFlv, HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import wait_for

NGINX = {"workers": 2, "application": "sluice_access_publish open; sluice_ingest_reconnect_window 1s;"}


@pytest.fixture
def live(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        yield push


def join(nginx, way):
    tls = f"https://127.0.0.1:{nginx.https}/demo/live.flv"
    return {
        "http1": lambda: HttpFlv(nginx.flv("demo")),
        "tls": lambda: HttpFlv(tls),
        "http2-tls": lambda: CurlFlv(tls, "--http2"),
        "http2": lambda: CurlFlv(f"http://127.0.0.1:{nginx.h2}/demo/live.flv", "--http2-prior-knowledge"),
        "ws": lambda: WsFlv(f"ws://127.0.0.1:{nginx.http}/demo/live.flv"),
        "wss": lambda: WsFlv(f"wss://127.0.0.1:{nginx.https}/demo/live.flv"),
        "rtmp": lambda: RtmpViewer("127.0.0.1", nginx.rtmp, "demo"),
    }[way]()


WAYS = ["http1", "tls", "http2-tls", "http2", "ws", "wss", "rtmp"]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_frames_that_were_pushed(nginx, live, way):
    with join(nginx, way) as viewer:
        viewer.read_key_frame()
        viewer.read_tags(100)
    viewer.check(largest_step_ms=200)
    live.halt()  # the frame that is under way is on its list then
    sent = [(m.type, m.payload) for m in live.sent]
    got = [p for t, p in zip(media(viewer.tags), flv.payloads(viewer.tags)) if t.is_frame]
    starts = [i for i, s in enumerate(sent) if s == got[0]]
    assert any(without_headers(sent[i:])[: len(got)] == got for i in starts)


def media(tags):
    return [t for t in tags if t.type != flv.DATA]


def without_headers(messages):
    return [m for m in messages if not flv.Tag(m[0], 0, m[1], 0).is_config]


@pytest.mark.parametrize("way", WAYS)
def test_metadata_comes_first_then_headers_then_a_key_frame(nginx, live, way):
    with join(nginx, way) as viewer:
        viewer.read_key_frame()
        viewer.read_tags(5)
    # RTMP servers also say |RtmpSampleAccess; it is of no use to anybody here.
    tags = [t for t in viewer.tags if t.type != flv.DATA or b"onMetaData" in t.payload]
    kinds = [t.type if t.type == flv.DATA else (t.type, t.is_config) for t in tags]
    assert kinds[0] == flv.DATA and b"@setDataFrame" not in tags[0].payload
    assert set(kinds[1:3]) == {(flv.VIDEO, True), (flv.AUDIO, True)}
    assert tags[3].is_key


def test_the_flv_header_says_what_is_in_the_stream(nginx):
    for name, flags in (("avc", 5), ("video_only", 1), ("audio_only", 4)):
        with Publisher(nginx.rtmp, name, clip(name)) as push:
            nginx.control.wait_state(name, "live")
            wait_for(lambda: len(push.sent) > 20, what="some frames")
            with HttpFlv(nginx.flv(name)) as viewer:
                viewer.read_tags(5)
                assert viewer.parser.flags == flags


def test_the_answer_has_the_headers_that_players_and_caches_need(nginx, live):
    with HttpFlv(nginx.flv("demo"), {"Origin": "https://player.example"}) as viewer:
        assert viewer.status == 200
        assert viewer.headers["content-type"] == "video/x-flv"
        assert "no-store" in viewer.headers["cache-control"] or "no-cache" in viewer.headers["cache-control"]
        assert viewer.headers["access-control-allow-origin"] in ("*", "https://player.example")
        assert "content-length" not in viewer.headers
        assert viewer.headers.get("transfer-encoding") != "chunked"


def test_a_preflight_is_answered(nginx):
    with http.request(nginx.flv("demo"), "OPTIONS", {"Origin": "https://player.example",
                                                      "Access-Control-Request-Method": "GET"}) as reply:
        assert reply.status in (200, 204)
        assert reply.headers["access-control-allow-origin"] in ("*", "https://player.example")


def test_head_answers_at_once_and_without_a_body(nginx, live):
    with http.request(nginx.flv("demo"), "HEAD") as reply:
        assert reply.status == 200 and reply.headers["content-type"] == "video/x-flv"
        assert silent_or_closed(reply)


def silent_or_closed(reply):
    """Nothing follows the head."""
    try:
        return reply.raw(0.3) == b""
    except TimeoutError:
        return True


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(nginx, live, method):
    with http.request(nginx.flv("demo"), method) as reply:
        assert reply.status == 405


@pytest.mark.parametrize("path", ["/nobody/live.flv", "/demo/live.flv2", "/demo/", "/a/b/live.flv",
                                  "/demo/raw/live.flv", "/" + "x" * 65 + "/live.flv"])
def test_what_is_not_there_is_not_found(nginx, live, path):
    with http.request(nginx.url + path) as reply:
        assert reply.status == 404


def test_a_range_is_ignored(nginx, live):
    with HttpFlv(nginx.flv("demo"), {"Range": "bytes=0-"}) as viewer:
        assert viewer.status == 200
        viewer.read_key_frame()


def test_http_1_0_is_served(nginx, live):
    sock = http._connect(nginx.url, 5, 0)
    sock.sendall(b"GET /demo/live.flv HTTP/1.0\r\n\r\n")
    with http.Response(sock, 5) as reply:
        assert reply.status == 200 and not reply.chunked
        parser, tags = flv.Parser(), []
        while len(tags) < 20:
            tags += parser.feed(reply.raw())


def test_the_stream_of_a_viewer_ends_when_the_stream_ends(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    with contextlib.ExitStack() as stack:
        viewers = {way: stack.enter_context(join(nginx, way)) for way in WAYS}
        for viewer in viewers.values():
            viewer.read_key_frame()
        push.stop()
        for way, viewer in viewers.items():
            assert ends(viewer), f"{way} goes on"
        assert viewers["ws"].closed_with is not None, "no close frame"


def ends(viewer):
    try:
        viewer.read_end(5)
        return True
    except TimeoutError:
        return False


def test_a_keep_alive_connection_serves_a_refusal_and_then_the_stream(nginx, live):
    sock = http._connect(nginx.url, 5, 0)
    sock.sendall(b"GET /nobody/live.flv HTTP/1.1\r\nHost: x\r\n\r\n")
    first = http.Response(sock, 5)
    assert first.status == 404
    first.body()
    sock.sendall(b"GET /demo/live.flv HTTP/1.1\r\nHost: x\r\n\r\n")
    with http.Response(sock, 5) as second:
        assert second.status == 200


# WebSocket (RFC 6455)

def test_the_handshake_proves_that_the_key_was_read(nginx, live):
    with join(nginx, "ws") as viewer:
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        proof = base64.b64encode(hashlib.sha1((WsFlv.KEY + guid).encode()).digest()).decode()
        assert viewer.status == 101
        assert viewer.headers["sec-websocket-accept"] == proof
        assert viewer.headers["upgrade"].lower() == "websocket"
        assert viewer.headers["connection"].lower() == "upgrade"


def test_a_ping_is_answered_with_its_payload(nginx, live):
    with join(nginx, "ws") as viewer:
        viewer.read_key_frame()
        viewer.send(9, b"are you there")
        viewer.read_until(lambda _: viewer.controls, 3, "pong")
        assert viewer.controls == [(10, b"are you there")]
        viewer.read_key_frame()


def test_a_flood_of_pings_is_answered_by_its_latest(nginx, live):
    """One pong for what came in a turn (RFC 6455, 5.5.3): a client that shouts holds nobody up."""
    count = 20000
    with join(nginx, "ws") as viewer:
        viewer.read_key_frame()
        shout = threading.Thread(target=viewer.send, args=(9, *(b"%d" % i for i in range(count))))
        shout.start()
        last = (10, b"%d" % (count - 1))
        viewer.read_until(lambda _: last in viewer.controls[-1:], 20, "the pong of the last ping")
        shout.join()
        assert len(viewer.controls) < count / 4
        viewer.read_key_frame()
        viewer.check()


def test_a_close_is_answered_and_the_viewer_forgotten(nginx, live):
    with join(nginx, "ws") as viewer:
        viewer.read_key_frame()
        viewer.send(8, b"\x03\xe8")
        viewer.read_end(3)
        assert viewer.closed_with is not None
    wait_for(lambda: nginx.control.stream("demo")["viewers"]["ws_flv"] == 0, what="the viewer to be gone")


def test_what_a_websocket_viewer_says_is_ignored(nginx, live):
    with join(nginx, "ws") as viewer:
        viewer.send(1, b"hello")
        viewer.send(2, bytes(100))
        viewer.read_key_frame()
        viewer.read_tags(30)
        viewer.check()


@pytest.mark.parametrize("drop", ["Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_an_incomplete_handshake_is_a_bad_request(nginx, live, drop):
    fields = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": WsFlv.KEY}
    del fields[drop]
    with http.request(nginx.flv("demo"), headers=fields) as reply:
        assert reply.status in (400, 426)


def test_a_websocket_to_nothing_is_refused(nginx):
    with WsFlv(f"ws://127.0.0.1:{nginx.http}/nobody/live.flv") as viewer:
        assert viewer.status == 404


# The whole product

def test_the_public_ports_serve_every_way(shared_system, channel):
    system = shared_system
    with Publisher(system.rtmps, channel.name(), clip("avc_quick"), tls=True) as push:
        assert push.accepted
        system.control.wait_state(channel.id, "live")
        tls = f"https://127.0.0.1:{system.https}/{channel.id}/live.flv"
        ways = [lambda: HttpFlv(system.flv(channel.id)), lambda: HttpFlv(tls), lambda: CurlFlv(tls, "--http2"),
                lambda: WsFlv(f"ws://127.0.0.1:{system.http}/{channel.id}/live.flv"),
                lambda: WsFlv(f"wss://127.0.0.1:{system.https}/{channel.id}/live.flv"),
                lambda: RtmpViewer("127.0.0.1", system.rtmp, channel.id)]
        for open_one in ways:
            with open_one() as viewer:
                viewer.read_key_frame()
                viewer.read_tags(20)
                viewer.check(largest_step_ms=200)


def test_pages_are_served(shared_system, channel):
    base = shared_system.url
    assert httpx.get(f"{base}/").status_code == 302
    assert httpx.get(f"{base}/").headers["location"].endswith("/console/")
    players = [f"/{channel.id}/{page}.html" for page in ("flv", "hls", "dash", "index")]
    for path in ("/console/", *players):
        reply = httpx.get(base + path)
        assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/html"), path


def test_a_signed_playback_needs_its_signature(shared_system, api):
    made = api.channel(playback={"auth": "signed"})
    with Publisher(shared_system.rtmp, made.name(), clip("avc_quick")):
        shared_system.control.wait_state(made.id, "live")
        with HttpFlv(shared_system.flv(made.id)) as refused:
            assert refused.status in (401, 403)
        with HttpFlv(made.urls()["play"]["flv"]) as viewer:
            assert viewer.status == 200
            viewer.read_key_frame()
        with HttpFlv(made.urls()["play"]["flv"][:-2] + "00") as refused:
            assert refused.status in (401, 403)
    made.delete()


def test_viewers_beyond_the_limit_are_refused(shared_system, api):
    made = api.channel(playback={"max_viewers": 2})
    with Publisher(shared_system.rtmp, made.name(), clip("avc_quick")):
        shared_system.control.wait_state(made.id, "live")
        with HttpFlv(shared_system.flv(made.id)) as one, HttpFlv(shared_system.flv(made.id)) as two:
            assert (one.status, two.status) == (200, 200)
            with HttpFlv(shared_system.flv(made.id)) as three:
                assert three.status in (403, 429, 503)
    made.delete()
