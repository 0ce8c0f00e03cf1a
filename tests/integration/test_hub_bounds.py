"""The hub is bounded, and says so: full, too small for a GOP, or changed in size by a reload."""

import json
import signal

import pytest
from sluicetest import logs, metrics, processes
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import DENIED, expect_refused
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import stays, wait_for

OPEN = "sluice_access_publish open; sluice_ingest_reconnect_window 1s;"


def test_a_push_to_a_full_hub_is_refused_and_let_in_when_there_is_room(make_nginx):
    nginx = make_nginx(application=OPEN, main="sluice_hub_streams 2;")
    pushes = [Publisher(nginx.rtmp, f"n{i}", clip("avc")) for i in range(2)]
    assert all(p.accepted for p in pushes)
    expect_refused(nginx, "n2", "hub_full", DENIED)
    pushes[0].stop()
    nginx.control.wait_state("n0", "idle", 4)
    with Publisher(nginx.rtmp, "n2", clip("avc")) as late:
        assert late.accepted
        assert not pushes[1].ended.is_set()
    pushes[1].stop()


def test_streams_without_end_come_and_go(make_nginx):
    """Records and rings are given back: many more streams than there is room for, one after another."""
    nginx = make_nginx(workers=2, application="sluice_access_publish open; sluice_ingest_reconnect_window 0s;",
                       main="sluice_hub_streams 8; sluice_hub_rings 1m:8;")
    for n in range(40):
        with Publisher(nginx.rtmp, f"stream{n}", clip("avc"), speed=8) as push:
            assert push.accepted, (n, push.status)
            with wait_for(lambda: joined(nginx, f"stream{n}"), what="the stream") as viewer:
                viewer.read_key_frame()
        wait_for(lambda: nginx.control.state(f"stream{n}") == "idle", what="the stream to end")
    hub = nginx.control.json("/-/generation")["hub"]
    assert sum(r["used"] for r in hub["rings"]) == 0


def joined(nginx, name):
    viewer = HttpFlv(nginx.flv(name))
    if viewer.status == 200:
        return viewer
    viewer.close()
    return None


def test_a_gop_that_does_not_fit_is_told_and_viewers_go_on(make_nginx):
    nginx = make_nginx(application=OPEN, main="sluice_hub_rings 512k:4;")
    with nginx.control.events() as events, Publisher(nginx.rtmp, "demo", clip("avc_big")):
        nginx.control.wait_state("demo", "live")
        with HttpFlv(nginx.flv("demo")) as viewer:
            viewer.read_key_frame()
            events.wait("stream.degraded", 10, channel="demo", reason="gop_exceeds_ring")
            viewer.read_for(3)
            viewer.check(largest_step_ms=200)


@pytest.mark.parametrize("size", ["sluice_hub_streams", "sluice_hub_events", "sluice_hub_sessions"])
def test_a_reload_that_changes_the_size_of_the_hub_is_refused(make_nginx, size):
    nginx = make_nginx(application=OPEN, main=f"{size} 512;")
    nginx.expected.append("sluice")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        workers = nginx.workers()
        nginx.write_conf(main=f"{size} 1024;")
        nginx.process.send_signal(signal.SIGHUP)
        wait_for(lambda: size in logs.read(nginx.error_log), what="the reason in the log")
        stays(lambda: nginx.workers() == workers, 1, "the old workers")
        assert not push.ended.is_set()


def test_the_hub_says_how_much_there_is_room_for(make_nginx):
    nginx = make_nginx(main="sluice_hub_streams 16; sluice_hub_sessions 1000;")
    assert nginx.control.json("/-/generation")["hub"]["streams_max"] == 16
    text = nginx.control.request("GET", "/-/metrics")[2].decode()
    assert metrics.samples(text, "sluice_hub_sessions_max") == {(): 1008}  # in whole buckets of 16
    assert metrics.samples(text, "sluice_hub_sessions") == {(): 0}
    assert metrics.samples(text, "sluice_hub_sessions_dropped_total") == {(): 0}


def slots_taken(nginx):
    """0 where the worker that answers has none itself."""
    status, _, body = nginx.control.request("GET", "/-/generation")
    return len(json.loads(body)["workers"]) if status == 200 else 0


def test_workers_that_found_no_slot_serve_as_soon_as_there_is_one(make_nginx):
    """Two generations of 32 take all 64 slots; while both stand still the third has none."""
    nginx = make_nginx(workers=32, application=OPEN)
    held = []

    def reload():
        for pid in nginx.workers():
            processes.signal_to(pid, signal.SIGSTOP)
            held.append(pid)
        nginx.process.send_signal(signal.SIGHUP)

    try:
        reload()
        wait_for(lambda: len(nginx.all_workers()) == 64, what="the second generation")
        wait_for(lambda: slots_taken(nginx) == 64, what="the slots to be taken")
        reload()
        wait_for(lambda: "serves no streams" in logs.read(nginx.error_log), 10, "the third to find no slot")
    finally:
        for pid in held:
            processes.signal_to(pid, signal.SIGCONT)
    wait_for(lambda: len(nginx.all_workers()) == 32, what="the old ones to end")
    wait_for(lambda: slots_taken(nginx) == 32, what="the third to have slots")
    with Publisher(nginx.rtmp, "demo", clip("avc")) as push:
        assert push.accepted
        nginx.control.wait_state("demo", "live")


def fresh(nginx):
    """The workers of the newest generation."""
    return [w for w in nginx.control.workers() if not w["exiting"]]


def test_more_reloads_than_worker_slots_hand_the_oldest_sessions_over(make_nginx):
    """64 slots are 16 generations of 4 workers: the oldest make way, and every new worker serves."""
    nginx = make_nginx(workers=4, application="sluice_access_publish open; sluice_ingest_reconnect_window 10s;")
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    held = []

    def every_worker_has_a_viewer():
        viewer = HttpFlv(nginx.flv("demo"))
        held.append(viewer)
        viewer.read_key_frame()
        return all(w["viewers"] for w in fresh(nginx))

    try:
        for _ in range(18):
            nginx.control.wait_state("demo", "live")
            wait_for(every_worker_has_a_viewer, 10, what="a viewer on every new worker")
            nginx.reload()
            wait_for(lambda: len(fresh(nginx)) == 4, what="the old workers to say that they leave")
            if push.ended.is_set():
                push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
                assert push.accepted
        assert len(nginx.control.workers()) <= 64
        assert "hands its sessions over" in logs.read(nginx.error_log)
        nginx.control.wait_state("demo", "live")
        wait_for(every_worker_has_a_viewer, 10, what="a viewer on every worker of the last generation")
    finally:
        push.stop()
        for viewer in held:
            viewer.close()
