"""Channels change all the time while others push and watch: no reload, no disconnect."""

import contextlib
import threading
import time

import pytest
from sluicetest.api import Api, fresh_id
from sluicetest.crowd import Crowd
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

CLIENTS = 4
RELOADS = 8


@contextlib.contextmanager
def audience(system, pushes, viewers):
    """Pushes and their viewers, who notice nothing of what happens inside."""
    made = [system.api.channel(fresh_id("stage")) for _ in range(pushes)]
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(Publisher(system.rtmp, c.name(), clip("avc_light"))) for c in made]
        for channel in made:
            system.control.wait_state(channel.id, "live", 20)
        crowd = stack.enter_context(Crowd())
        for number in range(viewers):
            crowd.add(system.flv(made[number % pushes].id))
        yield
        tags = [m.tags for m in crowd.members]
        wait_for(lambda: all(m.tags > t + 5 for m, t in zip(crowd.members, tags)), 30, "every stream to go on")
        assert not crowd.faults()
        assert not [p for p in running if p.ended.is_set()]
        streams = system.control.streams()
        assert all(streams[c.id]["state"] == "live" for c in made)
    for channel in made:
        channel.delete()


def change_channels(system, count, seconds):
    """That many changes, spread over the time, from several clients; seconds it took."""
    began, faults = time.monotonic(), []

    def work(number):
        api = Api(system.url, system.token)
        channel = None
        for step in range(count // CLIENTS):
            due = began + seconds * step * CLIENTS / count
            time.sleep(max(due - time.monotonic(), 0))
            try:
                if channel is None:
                    channel = api.channel(fresh_id(f"busy{number}"))
                elif step % 10 == 9:
                    channel.delete()
                    channel = None
                else:
                    channel.patch(name=f"change {step}", playback={"max_viewers": step})
            except Exception as e:
                faults.append(e)
                return
        if channel:
            channel.delete()
        api.close()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    return time.monotonic() - began


def run(system, pushes, viewers, changes, seconds):
    generation, workers = system.generation(), system.workers()
    with audience(system, pushes, viewers):
        took = change_channels(system, changes, seconds)
    print(f"{changes} changes in {took:.1f} s during {pushes} pushes and {viewers} viewers")
    assert system.generation() == generation, "a reload"
    assert system.workers() == workers
    return took


@pytest.mark.deadline(180)
def test_changes_of_channels_reload_nothing_and_disturb_nobody(own_system):
    run(own_system, pushes=5, viewers=40, changes=300, seconds=18)


@pytest.mark.deadline(180)
def test_changes_of_the_structure_share_their_reloads_and_disturb_nobody(own_system):
    system = own_system
    before = system.generation()
    answers = []

    def change(number):
        api = Api(system.url, system.token)
        api.client.timeout = 60
        answers.append(api.patch("/settings", {"limits": {"viewers_per_address": 1000 + number}}).status_code)
        api.close()
    with audience(system, pushes=3, viewers=15):
        threads = [threading.Thread(target=change, args=(number,)) for number in range(RELOADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * RELOADS
        assert before < system.generation() < before + RELOADS


@pytest.mark.long
@pytest.mark.deadline(600)
def test_a_thousand_changes_a_minute_during_fifty_pushes_and_five_hundred_viewers(own_system):
    assert run(own_system, pushes=50, viewers=500, changes=1000, seconds=60) < 75
