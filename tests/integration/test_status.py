"""The control socket keeps its contract: generation, streams, events, metrics, kick."""

import json
import os
import re
import time

import pytest
from sluicetest.control import Events
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import wait_for

WORKERS = 2
NGINX = {"workers": WORKERS, "main": "sluice_hub_generation 7;",
         "application": "sluice_access_publish open; sluice_ingest_reconnect_window 1s;"}
NUMBER = (int, float)
NOBODY = dict.fromkeys(("flv", "ws_flv", "rtmp", "hls", "cmaf_hls", "dash"), 0)


@pytest.fixture
def live(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        yield push


def has(record, **types):
    """The record has these fields with these types."""
    for name, kind in types.items():
        assert name in record, f"{name} is missing in {record}"
        assert isinstance(record[name], kind), f"{name} is {record[name]!r}"


def test_the_generation_names_every_worker(nginx):
    answer = wait_for(lambda: len(nginx.control.workers()) == WORKERS and nginx.control.json("/-/generation"),
                      what="all workers to report")
    has(answer, boot=str, hub=dict, workers=list)
    has(answer["hub"], magic_version=int, zone_bytes=int, streams_max=int, streams_used=int, rings=list)
    for ring in answer["hub"]["rings"]:
        has(ring, bytes=int, total=int, used=int)
    for worker in answer["workers"]:
        has(worker, slot=int, pid=int, config_generation=int, snapshot_generation=int, exiting=bool,
            heartbeat_ms=int, publishers=int, viewers=int)
        assert worker["config_generation"] == 7
        assert abs(worker["heartbeat_ms"] - time.time() * 1000) < 5000
    assert {w["pid"] for w in answer["workers"]} == set(nginx.workers())


def test_a_reload_shows_the_new_generation(nginx):
    boot = nginx.control.json("/-/generation")["boot"]
    nginx.reload(main="sluice_hub_generation 8;")
    wait_for(lambda: [w["config_generation"] for w in nginx.control.workers()] == [8] * WORKERS,
             what="generation 8 everywhere")
    assert nginx.control.json("/-/generation")["boot"] == boot


def test_a_stream_has_all_its_fields(nginx, live):
    wait_for(lambda: (s := nginx.control.stream("demo"))["video"] and s["video"]["bitrate_bps"] and s["gop_ms"], 6,
             "rates")
    answer = nginx.control.json("/-/streams")
    has(answer, boot=str, now_ms=int, streams=list)
    stream = answer["streams"][0]
    has(stream, id=str, state=str, epoch=int, started_at_ms=int, publisher=dict, video=dict, audio=dict,
        gop_ms=int, ring_bytes=int, bytes_in=int, tags_in=int, last_dts_ms=int, viewers=dict, skips=dict,
        overruns=int, bytes_out=int, keyframe_interval_ms=int, av_drift_ms=int, silence_ms=int, last_tag_age_ms=int)
    has(stream["publisher"], address=str, protocol=str, pid=int, slot=int, connected_at_ms=int)
    has(stream["video"], codec=str, codec_string=str, profile=str, width=int, height=int, fps=NUMBER,
        bitrate_bps=int)
    has(stream["audio"], codec=str, codec_string=str, sample_rate=int, channels=int, bitrate_bps=int)
    assert (stream["publisher"]["address"], stream["publisher"]["protocol"]) == ("127.0.0.1", "rtmp")
    assert stream["publisher"]["pid"] in nginx.workers()
    assert (stream["video"]["codec"], stream["video"]["width"], stream["video"]["height"]) == ("h264", 320, 180)
    assert 24 <= stream["video"]["fps"] <= 26
    assert 400 <= stream["gop_ms"] <= 560
    assert 400 <= stream["keyframe_interval_ms"] <= 900
    assert abs(stream["av_drift_ms"]) < 60
    assert stream["silence_ms"] < 500 and stream["last_tag_age_ms"] < 500
    assert (stream["audio"]["sample_rate"], stream["audio"]["channels"]) == (44100, 2)
    assert stream["viewers"] == NOBODY
    assert 100_000 < stream["video"]["bitrate_bps"] < 600_000


def test_one_stream_can_be_asked_for(nginx, live):
    with Publisher(nginx.rtmp, "other", clip("avc_quick")):
        nginx.control.wait_state("other", "live")
        assert [s["id"] for s in nginx.control.json("/-/streams?id=other")["streams"]] == ["other"]
        assert {s["id"] for s in nginx.control.json("/-/streams")["streams"]} == {"demo", "other"}
    status, _, body = nginx.control.request("GET", "/-/streams?id=nobody")
    assert status == 404 or json.loads(body)["streams"] == []


def test_viewers_are_counted_by_protocol(nginx, live):
    with HttpFlv(nginx.flv("demo")), HttpFlv(nginx.flv("demo")), \
            WsFlv(f"ws://127.0.0.1:{nginx.http}/demo/live.flv"), RtmpViewer("127.0.0.1", nginx.rtmp, "demo"):
        wait_for(lambda: nginx.control.stream("demo")["viewers"] == NOBODY | {"flv": 2, "ws_flv": 1, "rtmp": 1},
                 what="four viewers")
        assert sum(w["viewers"] for w in nginx.control.workers()) == 4
        assert sum(w["publishers"] for w in nginx.control.workers()) == 1
    wait_for(lambda: nginx.control.stream("demo")["viewers"] == NOBODY, what="viewers to be gone")


def test_bytes_are_counted(nginx, live):
    with HttpFlv(nginx.flv("demo")) as viewer:
        viewer.read_tags(100)
    got = sum(len(t.payload) + 15 for t in viewer.tags if t.is_frame)
    # A worker adds up its viewers' bytes now and then, not with each write.
    wait_for(lambda: nginx.control.stream("demo")["bytes_out"] >= got, 3, "the bytes to be counted")
    stream = nginx.control.stream("demo")
    assert stream["bytes_in"] > 10_000 and stream["tags_in"] > 40


def test_states_follow_the_publisher(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    push.stop()
    nginx.control.wait_state("demo", "waiting", 1)
    waiting = nginx.control.stream("demo")
    assert waiting["publisher"] is None
    assert [waiting[name] for name in ("keyframe_interval_ms", "av_drift_ms", "silence_ms", "last_tag_age_ms")] == [None] * 4
    nginx.control.wait_state("demo", "idle", 3)


def test_kicking_ends_the_publisher(nginx, live):
    with nginx.control.events() as events:
        status, _, body = nginx.control.request("POST", "/-/streams/demo/kick", {"reason": "kicked"})
        assert (status, json.loads(body)) == (202, {"kicked": True})
        assert live.ended.wait(1)
        events.wait("stream.stopped", channel="demo", reason="kicked")


def test_kicking_nobody_is_not_found(nginx):
    assert nginx.control.kick("nobody") == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"reason": 7}', b"x" * 100_000], ids=lambda b: repr(b[:12]))
def test_a_kick_with_a_broken_body_is_refused(nginx, live, body):
    assert nginx.control.request("POST", "/-/streams/demo/kick", body)[0] in (400, 413)
    assert nginx.control.state("demo") == "live"


def test_events_tell_the_life_of_a_stream_in_order(nginx):
    with nginx.control.events() as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
        nginx.control.wait_state("demo", "live")
        push.stop()
        events.wait("stream.stopped", channel="demo", reason="unpublished")
        kinds = [e.name for e in events.seen]
        assert kinds.index("stream.started") < kinds.index("stream.stopped")
        boot = nginx.control.json("/-/streams")["boot"]
        for event in events.seen:
            assert re.fullmatch(rf"{boot}-\d+", event.id)
            assert event["type"] == event.name
            assert abs(event["ts_ms"] - time.time() * 1000) < 10_000
        numbers = [int(e.id.rsplit("-", 1)[1]) for e in events.seen]
        assert numbers == sorted(set(numbers))


def test_a_reader_goes_on_after_the_last_event_it_saw(nginx):
    with nginx.control.events() as events:
        for n in range(3):
            assert nginx.control.request("POST", "/-/events", {"type": "test.n", "data": {"n": n}})[0] == 202
        first = events.wait("test.n", data={"n": 0})
    with nginx.control.events(after=first.id) as events:
        events.wait("test.n", data={"n": 2})
        assert [e["data"]["n"] for e in events.find("test.n")] == [1, 2]


def test_a_reader_from_another_boot_is_told_to_reset(nginx):
    with nginx.control.events(after="0000-5") as events:
        events.wait("reset")


def test_a_reader_that_fell_behind_is_told_to_reset(make_nginx):
    nginx = make_nginx(workers=1, main="sluice_hub_events 64;")
    with nginx.control.events() as events:
        nginx.control.request("POST", "/-/events", {"type": "test.n", "data": {"n": -1}})
        first = events.wait("test.n", data={"n": -1})
    for n in range(200):
        assert nginx.control.request("POST", "/-/events", {"type": "test.n", "data": {"n": n}})[0] == 202
    with nginx.control.events(after=first.id) as events:
        events.wait("reset")


def test_events_of_the_control_plane_join_the_ring(nginx):
    with nginx.control.events() as events:
        body = {"type": "channel.updated", "channel": "demo", "data": {"by": "somebody"}}
        assert nginx.control.request("POST", "/-/events", body)[0] == 202
        event = events.wait("channel.updated", channel="demo")
        assert event["data"] == {"by": "somebody"}


def test_events_posted_together_keep_their_order_and_are_judged_one_by_one(nginx):
    good = [{"type": "test.n", "data": {"n": n, "filler": "x" * 300}} for n in range(30)]
    with nginx.control.events() as events:
        body = [*good[:10], {"type": "Not A Type"}, {"type": "test.n", "data": {"filler": "x" * 2000}}, *good[10:]]
        status, _, answer = nginx.control.request("POST", "/-/events", body)
        answer = json.loads(answer)
        assert status == 202 and answer["posted"] == 30
        assert [r["index"] for r in answer["refused"]] == [10, 11]
        assert "type" in answer["refused"][0]["detail"] and "longer" in answer["refused"][1]["detail"]
        wait_for(lambda: len(events.find("test.n")) == 30, what="all of them")
        assert [e["data"]["n"] for e in events.find("test.n")] == list(range(30))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": {}}', b'{"type": 5}', b'{"type": "x", "data": 7}',
                                  b'{"type": "two\\nlines"}'], ids=lambda b: repr(b))
def test_a_broken_event_is_refused(nginx, body):
    status, _, _ = nginx.control.request("POST", "/-/events", body or b" ")
    assert 400 <= status < 500


def test_readers_on_every_worker_see_every_event(nginx):
    readers = [nginx.control.events() for _ in range(6)]
    nginx.control.request("POST", "/-/events", {"type": "test.all"})
    for reader in readers:
        reader.wait("test.all")
        reader.close()


def test_an_event_reader_does_not_keep_an_old_worker(nginx):
    """A reload ends event streams sooner or later; a reader then goes on with its last id."""
    with nginx.control.events() as events:
        nginx.reload()
        wait_for(lambda: len(nginx.all_workers()) == WORKERS, 15, "old workers to exit")
        assert events.ended.wait(1)


def test_metrics_are_prometheus_text(nginx, live):
    status, headers, body = nginx.control.request("GET", "/-/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    sample = re.compile(r'^[a-zA-Z_:][\w:]*(\{(\w+="[^"\n]*",?)*\})? -?[0-9.eE+-]+( \d+)?$|^.* (NaN|\+Inf)$')
    lines = body.decode().splitlines()
    assert all(line.startswith("#") or sample.match(line) for line in lines if line)
    assert any(line.startswith("sluice_") for line in lines)
    assert os.linesep.join(lines).count("# TYPE") > 3


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/-/nothing", {404}), ("DELETE", "/-/streams", {404, 405}), ("POST", "/-/generation", {404, 405}),
    ("GET", "/-/streams/demo/kick", {404, 405}), ("POST", "/-/streams/../kick", {400, 404}),
])
def test_other_requests_get_a_clear_status(nginx, method, path, status):
    assert nginx.control.request(method, path)[0] in status


def test_head_is_answered(nginx):
    status, headers, _ = nginx.control.request("HEAD", "/-/streams")
    assert status == 200 and headers["content-type"].startswith("application/json")


def test_browsers_get_events_through_the_api(shared_system, channel):
    url = f"{shared_system.url}/api/v1/events"
    with Events(None, url=url, headers={"Authorization": f"Bearer {shared_system.token}"}) as events:
        assert events.status == 200
        with Publisher(shared_system.rtmp, channel.name(), clip("avc")):
            events.wait("stream.started", channel=channel.id)
    with Events(None, url=url) as refused:
        assert refused.status == 401


def test_the_api_status_shows_the_stream(shared_system, channel):
    assert channel.status()["state"] in ("idle", "offline")
    with Publisher(shared_system.rtmp, channel.name(), clip("avc")):
        shared_system.control.wait_state(channel.id, "live")
        status = wait_for(lambda: (s := channel.status())["video"] and s, what="codecs in the status")
        assert status["state"] == "live" and status["video"]["codec"] == "h264"
