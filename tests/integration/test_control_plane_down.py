"""Media goes on without the control plane, and what it acknowledged it never loses."""

import contextlib
import signal
import time

import httpx
import pytest
from sluicetest import processes
from sluicetest.api import fresh_id
from sluicetest.background import Background
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import accepts, wait_for


@contextlib.contextmanager
def stopped(system):
    """The control plane stands still, as in an upgrade that hangs."""
    pid = system.controlplane()
    processes.signal_to(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        processes.signal_to(pid, signal.SIGCONT)


class KillLoop(Background):
    """Kills the control plane again and again, as soon as it is back."""

    every_s = 0.4

    def __init__(self, system):
        super().__init__()
        self.system = system
        self.kills = 0

    def step(self):
        if pid := self.system.controlplane():
            processes.signal_to(pid, signal.SIGKILL)
            self.kills += 1


def expect_push_and_play(system, channel):
    with Publisher(system.rtmp, channel.name(), clip("avc_quick")) as push:
        assert push.accepted
        with HttpFlv(system.flv(channel.id)) as viewer:
            viewer.read_key_frame()
            viewer.read_tags(20)
            viewer.check()


def healthy(system):
    try:
        return system.api.get("/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_push_and_play_work_while_the_control_plane_is_stopped(own_system):
    system = own_system
    made = system.api.channel()
    with stopped(system):
        expect_push_and_play(system, made)


def test_a_reload_of_the_last_configuration_works_while_the_control_plane_is_stopped(own_system):
    system = own_system
    made = system.api.channel()
    with stopped(system), Publisher(system.rtmp, made.name(), clip("avc_quick")) as push:
        with HttpFlv(system.flv(made.id)) as viewer:
            viewer.read_key_frame()
            old = set(system.workers())
            processes.signal_to(system.master, signal.SIGHUP)
            wait_for(lambda: len(set(system.workers()) - old) == system.workers_wanted, 10, "new workers")
            viewer.read_key_frame()
            viewer.check(largest_step_ms=200)
        with HttpFlv(system.flv(made.id)) as late:
            late.read_key_frame()
        assert not push.ended.is_set()
        system.control.kick(made.id)
        assert push.ended.wait(2)
        expect_push_and_play(system, made)


def test_the_api_says_clearly_that_the_control_plane_is_away(own_system):
    system = own_system
    supervisor = system.supervisor
    processes.signal_to(supervisor, signal.SIGSTOP)  # so that nobody starts it again
    try:
        pid = system.controlplane()
        processes.signal_to(pid, signal.SIGKILL)
        wait_for(lambda: not processes.alive(pid), what="the control plane to die")
        replies = [system.api.get(path) for path in ("/channels", "/events?after=0", "/backups", "/export")]
    finally:
        processes.signal_to(supervisor, signal.SIGCONT)
    for reply in replies:
        assert reply.status_code == 503, reply.url
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["retry-after"] == "1"
        assert reply.json()["title"]
    wait_for(lambda: healthy(system), 10, "the control plane to be back")


@pytest.mark.deadline(150)
def test_push_and_play_work_and_no_acknowledged_write_is_lost_in_a_kill_loop(own_system):
    system = own_system
    made = system.api.channel()
    acknowledged, refused = [], 0
    with KillLoop(system) as loop:
        began = time.monotonic()
        while time.monotonic() - began < 12:
            id = fresh_id("kept")
            try:
                reply = system.api.post("/channels", {"id": id, "name": "kept"})
            except httpx.HTTPError:
                reply = None
            if reply is not None and reply.status_code == 201:
                acknowledged.append(id)
            else:
                refused += 1
                time.sleep(0.05)  # the machine is small: let the control plane come up
        expect_push_and_play(system, made)
    assert loop.kills >= 5 and refused > 0
    assert len(acknowledged) >= 5, "too few writes got through to show anything"
    wait_for(lambda: healthy(system), 15, "the control plane to be back")
    lost = [id for id in acknowledged if system.api.get(f"/channels/{id}").status_code != 200]
    assert not lost


def test_a_write_that_was_acknowledged_before_the_kill_reaches_the_snapshot(own_system):
    system = own_system
    made = system.api.channel()
    processes.signal_to(system.controlplane(), signal.SIGKILL)
    wait_for(lambda: healthy(system), 15, "the control plane to be back")
    expect_push_and_play(system, made)


def test_a_killed_control_plane_is_back_soon(own_system):
    system = own_system
    pid = system.controlplane()
    processes.signal_to(pid, signal.SIGKILL)
    # After the kills before, it is started with its longest delay.
    wait_for(lambda: healthy(system), 10, "the control plane to be back")
    assert system.controlplane() != pid
    assert accepts(system.rtmp)
