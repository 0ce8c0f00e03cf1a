"""Reloads are free: nobody is disconnected, no timestamp moves, and old workers go away."""

import contextlib
import socket
import time
from pathlib import Path

import pytest
from sluicetest import http, processes
from sluicetest.crowd import Crowd
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import free_port, stays, wait_for

WORKERS, CHANNELS, VIEWERS, RELOADS = 4, 4, 200, 10
# The light clip has a tag at least every 100 ms; a frame that arrived late is no gap in time.
LARGEST_STEP_MS = 150
NGINX = {"workers": WORKERS, "application": "sluice_access_publish open;"}


def names():
    return [f"channel{i}" for i in range(CHANNELS)]


def join_from_every_worker(crowd, url, workers, most=60):
    """Viewers join until each of these workers has answered one; returns them."""
    joined = []
    while {str(w) for w in workers} - {m.worker for m in joined}:
        assert len(joined) < most, f"{most} viewers joined and a worker answered none"
        joined += crowd.add(url)
    return joined


def expect_progress(crowd):
    """Every viewer, old and new, gets more."""
    before = [m.tags for m in crowd.members]
    wait_for(lambda: all(m.tags > b + 5 for m, b in zip(crowd.members, before)), 10, "all viewers to get more")


def expect_untouched(crowd, pushes):
    assert not crowd.faults()
    assert max(m.largest_step for m in crowd.members) <= LARGEST_STEP_MS
    assert all(m.tags > 10 for m in crowd.members)
    assert all(not push.ended.is_set() for push in pushes)


def descriptors(pids):
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)


@pytest.mark.deadline(180)
def test_ten_reloads_in_a_row_disturb_nobody(nginx):
    with contextlib.ExitStack() as stack:
        pushes = [stack.enter_context(Publisher(nginx.rtmp, n, clip("avc_light"))) for n in names()]
        for name in names():
            nginx.control.wait_state(name, "live")
        crowd = stack.enter_context(Crowd())
        for name in names():
            crowd.add(nginx.flv(name), VIEWERS // CHANNELS)
        old = set(nginx.workers())
        for _ in range(RELOADS):
            nginx.reload()
            join_from_every_worker(crowd, nginx.flv(names()[0]), nginx.workers())
            expect_progress(crowd)
        expect_untouched(crowd, pushes)
        assert len(crowd.members) >= VIEWERS + RELOADS * WORKERS
        assert len(nginx.all_workers()) > WORKERS, "the old workers were expected to keep their sessions"
        old &= set(nginx.all_workers())
    # A process that is ending has lost its title already, but not yet ended.
    wait_for(lambda: len(nginx.all_workers()) == WORKERS and not any(map(processes.alive, old)), 10, "old workers to exit")


@pytest.mark.deadline(180)
def test_reloads_while_real_encoders_push_and_every_kind_of_viewer_watches(nginx):
    with Ffmpeg(f"{nginx.rtmp_url}/demo", "avc_quick") as push:
        nginx.control.wait_state("demo", "live")
        with HttpFlv(nginx.flv("demo")) as http, \
                RtmpViewer("127.0.0.1", nginx.rtmp, "demo") as rtmp, \
                WsFlv(f"ws://127.0.0.1:{nginx.http}/demo/live.flv") as ws:
            viewers = [http, rtmp, ws]
            for _ in range(5):
                nginx.reload()
                for viewer in viewers:
                    viewer.read_key_frame()
            for viewer in viewers:
                viewer.read_tags(20)
                viewer.check(largest_step_ms=200)
        assert push.running


def test_who_was_connected_before_a_reload_and_asks_after_it_is_served(nginx):
    """Browsers connect ahead of their requests: the old worker that took the connection lives for what comes of it."""
    with Publisher(nginx.rtmp, "channel0", clip("avc_light")):
        nginx.control.wait_state("channel0", "live")
        old = nginx.workers()
        before = descriptors(old)
        early = socket.create_connection(("127.0.0.1", nginx.http))
        early.sendall(b"GET /channel0/live.flv HTTP/1.1\r\n")
        wait_for(lambda: descriptors(old) > before, what="the connection to be taken")
        nginx.reload()
        wait_for(lambda: len(nginx.control.workers()) <= WORKERS + 2, what="the idle old workers to end")
        stays(lambda: early.fileno() >= 0, 1.5, "the connection: two ticks of the old worker")
        early.sendall(b"Host: x\r\n\r\n")
        with HttpFlv(response=http.Response(early, 5)) as viewer:
            viewer.read_for(3)
            viewer.check(LARGEST_STEP_MS)


def test_a_publisher_that_reconnects_after_a_reload_goes_on(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    with HttpFlv(nginx.flv("demo")) as viewer:
        viewer.read_key_frame()
        nginx.reload()
        push.cut()
        nginx.control.wait_state("demo", "waiting")
        with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as again:
            assert again.accepted
            viewer.read_key_frame(5)
            viewer.check()


def test_a_reload_with_an_old_worker_refuses_a_second_publisher(nginx):
    """The hub is one over all generations: the owner in the old worker still owns."""
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")):
        nginx.control.wait_state("demo", "live")
        nginx.reload()
        second = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
        assert not second.accepted
        second.connection.close()


def test_kicking_reaches_a_publisher_in_an_old_worker(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        nginx.reload()
        assert nginx.control.kick("demo") == 202
        assert push.ended.wait(1)


def test_idle_old_workers_exit_at_once(nginx):
    nginx.reload()
    wait_for(lambda: len(nginx.all_workers()) == WORKERS, 3, "old workers to exit")


@pytest.fixture
def quad_system(make_system):
    return make_system(workers=WORKERS)


@pytest.mark.deadline(240)
def test_settings_that_reload_disturb_nobody(quad_system):
    """Limits and a port change through the API while pushes and viewers go on."""
    system = quad_system
    with contextlib.ExitStack() as stack:
        channels = [system.api.channel() for _ in names()]
        pushes = [stack.enter_context(Publisher(system.rtmp, c.name(), clip("avc_light"))) for c in channels]
        for c in channels:
            system.control.wait_state(c.id, "live")
        crowd = stack.enter_context(Crowd())
        for c in channels:
            crowd.add(system.flv(c.id), VIEWERS // CHANNELS)
        for change in ({"limits": {"worker_connections": 3000}}, {"rtmp_port": free_port()}):
            before = system.generation()
            reply = system.api.patch("/settings", change)
            assert reply.status_code == 200, reply.text
            system.wait_generation(before)
            new = crowd.add(system.flv(channels[0].id), 8)
            wait_for(lambda: all(m.tags > 10 for m in new), 10, "new viewers to see the stream")
        expect_untouched(crowd, pushes)
    old_port, system.rtmp = system.rtmp, system.api.get("/settings").json()["rtmp_port"]
    assert old_port != system.rtmp
    with Publisher(system.rtmp, channels[0].name(), clip("avc_light")) as push:
        assert push.accepted
    wait_for(lambda: len(processes.children(system.master)) == WORKERS, 15, "old workers to exit")


@pytest.mark.deadline(120)
def test_many_changes_of_settings_at_once_end_in_the_last(own_system):
    system = own_system
    for n in range(5):
        reply = system.api.patch("/settings", {"limits": {"worker_connections": 2000 + n}})
        assert reply.status_code == 200, reply.text
    assert system.api.get("/settings").json()["limits"]["worker_connections"] == 2004
    conf = (system.dir / "nginx/current/nginx.conf").read_text()
    assert "2004" in conf
    began = time.monotonic()
    wait_for(lambda: len(processes.children(system.master)) == system.workers_wanted, 10, "old workers to exit")
    assert time.monotonic() - began < 10
