"""A stream outlives its connection: a publisher that comes back goes on with the same stream."""

import time

import pytest
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.rtmp import Connection
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import stays, wait_for

OPEN = "sluice_access_publish open;"
NGINX = {"application": OPEN + "sluice_ingest_reconnect_window 5s;"}


def ways_to_end(push):
    return {"stop": push.stop, "cut": push.cut}


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("end", ["stop", "cut"])
def test_viewers_stay_while_the_publisher_comes_back(make_nginx, workers, end):
    nginx = make_nginx(workers=workers, **NGINX)
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    with HttpFlv(nginx.flv("demo")) as http, \
            RtmpViewer("127.0.0.1", nginx.rtmp, "demo") as rtmp, \
            WsFlv(f"ws://127.0.0.1:{nginx.http}/demo/live.flv") as ws, \
            nginx.control.events() as events:
        viewers = [http, rtmp, ws]
        for viewer in viewers:
            viewer.read_key_frame()
        ways_to_end(push)[end]()
        nginx.control.wait_state("demo", "waiting")
        with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as again:
            assert again.accepted
            for viewer in viewers:
                before = len(viewer.tags)
                viewer.read_key_frame(5)
                viewer.read_tags(30)
                assert len(viewer.tags) > before
                viewer.check()
            assert events.wait("stream.started", channel="demo", resumed=True)
            assert nginx.control.state("demo") == "live"


def test_several_reconnects_to_other_workers_never_lose_a_viewer(make_nginx):
    nginx = make_nginx(workers=4, **NGINX)
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    with HttpFlv(nginx.flv("demo")) as viewer:
        for _ in range(8):
            viewer.read_key_frame(5)
            owner = nginx.control.stream("demo")["publisher"]["pid"]
            push.cut()
            nginx.control.wait_state("demo", "waiting")
            with nginx.paused(owner):
                push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
            assert push.accepted
            assert nginx.control.stream("demo")["publisher"]["pid"] != owner
        viewer.read_key_frame(5)
        viewer.check()
    push.stop()


def test_after_the_window_the_stream_ends_and_viewers_are_closed(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    with HttpFlv(nginx.flv("demo")) as viewer, nginx.control.events() as events:
        viewer.read_key_frame()
        began = time.monotonic()
        push.cut()
        viewer.read_end(8)
        assert 4 < time.monotonic() - began < 7
        events.wait("stream.stopped", channel="demo")
        assert nginx.control.state("demo") == "idle"


def test_a_stream_that_ended_starts_anew(make_nginx):
    nginx = make_nginx(application=OPEN + "sluice_ingest_reconnect_window 1s;")
    with nginx.control.events() as events:
        for _ in range(2):
            with Publisher(nginx.rtmp, "demo", clip("avc_quick")):
                nginx.control.wait_state("demo", "live")
                with HttpFlv(nginx.flv("demo")) as viewer:
                    viewer.read_key_frame()
                    viewer.check()
            nginx.control.wait_state("demo", "idle", 4)
        assert [e.get("resumed", False) for e in events.find("stream.started")] == [False, False]


def test_a_vanished_publisher_frees_the_channel_within_five_seconds(make_nginx, far_machine):
    nginx = make_nginx(workers=2, application=OPEN + "sluice_ingest_reconnect_window 30s;")
    with far_machine.inside():
        connection = Connection.open(far_machine.host, nginx.rtmp)
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"), connection=connection)
    nginx.control.wait_state("demo", "live")
    with HttpFlv(nginx.flv("demo")) as viewer:
        viewer.read_key_frame()
        far_machine.vanish()
        began = time.monotonic()
        wait_for(lambda: nginx.control.state("demo") == "waiting", 6, "the vanished publisher to be noticed")
        assert time.monotonic() - began <= 5
        with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as again:
            assert again.accepted
            viewer.read_key_frame(5)
            viewer.check()
    push.halt()


def test_a_vanished_ffmpeg_can_be_followed_by_the_same_key_at_once(make_nginx, far_machine):
    """Even before the silence is noticed, a retry with backoff gets in within five seconds."""
    nginx = make_nginx(application=OPEN + "sluice_ingest_on_duplicate reject;")
    push = Ffmpeg(f"rtmp://{far_machine.host}:{nginx.rtmp}/stream/demo", prefix=far_machine.prefix)
    nginx.control.wait_state("demo", "live")
    far_machine.vanish()
    began = time.monotonic()

    def again():
        attempt = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
        if not attempt.accepted:
            attempt.connection.close()
        return attempt.accepted and attempt

    accepted = wait_for(again, 6, "the retry to be accepted")
    assert time.monotonic() - began <= 5.2
    accepted.stop()
    push.kill()


def test_a_publisher_that_only_pauses_keeps_its_channel(make_nginx):
    """Three seconds of silence happen; they don't cost the connection."""
    nginx = make_nginx(application=OPEN)
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        push.halt()
        stays(lambda: nginx.control.state("demo") == "live", 3, "live")


def test_the_window_of_a_channel_is_its_setting(shared_system, api):
    made = api.channel(ingest={"reconnect_window_s": 1})
    push = Publisher(shared_system.rtmp, made.name(), clip("avc_quick"))
    shared_system.control.wait_state(made.id, "live")
    with HttpFlv(shared_system.flv(made.id)) as viewer:
        viewer.read_key_frame()
        push.cut()
        assert viewer.read_end(4) < 3
    made.delete()
