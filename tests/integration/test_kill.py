"""kill -9 of any process of nginx: others see nothing, and all is back soon."""

import contextlib
import signal
import subprocess
import time

import pytest
from sluicetest import logs, processes
from sluicetest.crowd import Crowd
from sluicetest.publisher import Publisher, clip
from sluicetest.rtmp import Closed, Connection
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

WORKERS = 4
NGINX = {"workers": WORKERS,
         "application": "sluice_access_publish open; sluice_ingest_reconnect_window 10s;"}


def killed(nginx, pid):
    """Kills a worker that way; nginx says so in its log, which is no fault."""
    nginx.expected.append(rf"worker process {pid} exited on signal 9")
    processes.signal_to(pid, signal.SIGKILL)
    wait_for(lambda: not processes.alive(pid), what="the worker to die")


def test_viewers_on_other_workers_see_nothing_when_a_worker_is_killed(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_light")) as push, Crowd() as crowd:
        nginx.control.wait_state("demo", "live")
        owner = nginx.control.stream("demo")["publisher"]["pid"]
        crowd.add(nginx.flv("demo"), 40)
        victim = next(w for w in nginx.workers() if w != owner and any(m.worker == str(w) for m in crowd.members))
        killed(nginx, victim)
        others = [m for m in crowd.members if m.worker != str(victim)]
        before = [m.tags for m in others]
        wait_for(lambda: all(m.tags > b + 40 for m, b in zip(others, before)), 10, "others to go on")
        assert not [m.fault for m in others if m.fault]
        assert max(m.largest_step for m in others) <= 150
        assert not push.ended.is_set()
        wait_for(lambda: len(nginx.workers()) == WORKERS, what="a new worker")
        wait_for(lambda: nginx.control.stream("demo")["viewers"]["flv"] == len(others), 5,
                 "the dead worker's viewers to be forgotten")


def test_the_publisher_of_a_killed_worker_comes_back_and_goes_on(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    owner = nginx.control.stream("demo")["publisher"]["pid"]
    with contextlib.ExitStack() as stack:
        viewer = stack.enter_context(HttpFlv(nginx.flv("demo")))
        while viewer.headers["x-worker"] == str(owner):
            viewer = stack.enter_context(HttpFlv(nginx.flv("demo")))
        viewer.read_key_frame()
        killed(nginx, owner)
        assert push.ended.wait(2)

        def again():
            attempt = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
            if not attempt.accepted:
                attempt.connection.close()
            return attempt.accepted and attempt

        began = time.monotonic()
        back = stack.enter_context(wait_for(again, 3, "the publisher to be let in"))
        assert time.monotonic() - began < 2
        viewer.read_key_frame(5)
        viewer.read_tags(30)
        viewer.check()
        assert not back.ended.is_set()


def test_after_a_kill_viewers_are_kept_for_the_window_that_was_set(make_nginx):
    nginx = make_nginx(workers=2, application="sluice_access_publish open; sluice_ingest_reconnect_window 1s;")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")):
        nginx.control.wait_state("demo", "live")
        killed(nginx, nginx.control.stream("demo")["publisher"]["pid"])
        nginx.control.wait_state("demo", "waiting", 3)
        nginx.control.wait_state("demo", "idle", 4)


@contextlib.contextmanager
def dying_in(pid, function, log):
    """A debugger ends the worker when it comes to the function."""
    command = ["gdb", "-q", "-batch", "-p", str(pid), "-ex", f"break {function}", "-ex", "continue", "-ex", "kill"]
    with log.open("wb") as out:
        debugger = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            # It says so before the process runs on.
            wait_for(lambda: "Breakpoint 1 at" in logs.read(log) and not processes.traced(pid), 20, "the debugger")
            yield
        finally:
            processes.stop(debugger)


def test_a_publisher_hears_of_its_replacement_by_a_worker_that_died_over_it(make_nginx, tmp_path):
    """It died when the stream was its own already and nobody had been woken."""
    nginx = make_nginx(workers=2, application="sluice_access_publish open; sluice_ingest_on_duplicate replace;")
    wait_for(lambda: len(nginx.workers()) == 2, what="the workers")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        nginx.control.wait_state("demo", "live")
        owner = nginx.control.stream("demo")["publisher"]["pid"]
        other = next(w for w in nginx.workers() if w != owner)
        nginx.expected.append(rf"worker process {other} exited on signal 9")
        with dying_in(other, "sluice::hub::announce_to", tmp_path / "gdb"), nginx.paused(owner):
            with contextlib.suppress(Closed), Connection.open("127.0.0.1", nginx.rtmp) as second:
                second.publish("demo")
            wait_for(lambda: not processes.alive(other), what="the worker to die")
        assert push.ended.wait(3)
        assert push.connection.statuses[-1].description == "sluice: replaced"


def test_killing_every_worker_loses_no_stream_record(nginx):
    push = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
    nginx.control.wait_state("demo", "live")
    boot = nginx.control.json("/-/generation")["boot"]
    for pid in nginx.workers():
        killed(nginx, pid)
    assert push.ended.wait(2)
    wait_for(lambda: len(nginx.workers()) == WORKERS, what="new workers")
    assert nginx.control.json("/-/generation")["boot"] == boot

    def again():
        attempt = Publisher(nginx.rtmp, "demo", clip("avc_quick"))
        if not attempt.accepted:
            attempt.connection.close()
        return attempt.accepted and attempt

    with wait_for(again, 3, "the publisher to be let in"), HttpFlv(nginx.flv("demo")) as viewer:
        viewer.read_key_frame()
        viewer.check()


def test_a_frozen_worker_holds_nobody_else_up(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_light")), Crowd() as crowd:
        nginx.control.wait_state("demo", "live")
        owner = nginx.control.stream("demo")["publisher"]["pid"]
        crowd.add(nginx.flv("demo"), 30)
        frozen = next(w for w in nginx.workers() if w != owner and any(m.worker == str(w) for m in crowd.members))
        others = [m for m in crowd.members if m.worker != str(frozen)]
        processes.signal_to(frozen, signal.SIGSTOP)
        try:
            before = [m.tags for m in others]
            wait_for(lambda: all(m.tags > b + 60 for m, b in zip(others, before)), 10, "others to go on")
        finally:
            processes.signal_to(frozen, signal.SIGCONT)
        assert not [m.fault for m in others if m.fault]


@pytest.mark.deadline(120)
def test_a_killed_master_is_back_within_three_seconds_without_orphans(own_system):
    system = own_system
    made = system.api.channel()
    with Publisher(system.rtmp, made.name(), clip("avc_quick")):
        system.control.wait_state(made.id, "live")
    master, workers = system.master, processes.descendants(system.master)
    began = time.monotonic()
    processes.signal_to(master, signal.SIGKILL)

    def again():
        try:
            attempt = Publisher(system.rtmp, made.name(), clip("avc_quick"))
        except OSError:
            return None
        if not attempt.accepted:
            attempt.connection.close()
        return attempt.accepted and attempt

    wait_for(lambda: not any(map(processes.alive, workers)), 3, "old workers to end with their master")
    with wait_for(again, 6, "a push to be taken again"):
        assert time.monotonic() - began <= 3
        with HttpFlv(system.flv(made.id)) as viewer:
            viewer.read_key_frame()
    assert system.master != master
    assert system.api.get("/health").status_code == 200


@pytest.mark.deadline(120)
def test_a_killed_supervisor_leaves_nothing_running(make_system):
    system = make_system()
    everybody = system.processes()
    processes.signal_to(everybody[0], signal.SIGKILL)
    wait_for(lambda: not any(map(processes.alive, everybody)), 5, "all to end with the supervisor")
    system.up()
    assert system.api.get("/channels").status_code == 200
