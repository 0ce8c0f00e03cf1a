"""The control plane is killed every second while eight clients write: store, snapshot, audit log, journal, nginx's workers
and what a webhook is told agree."""

import collections
import contextlib
import json
import random
import signal
import threading
import time

import httpx
import pytest
from sluicetest import processes, store
from sluicetest.publisher import Publisher, clip
from sluicetest.receiver import Receiver
from sluicetest.refusal import expect_refused
from sluicetest.sign import push_name
from sluicetest.waiting import wait_for

CLIENTS = 8
CHANNELS = 12  # of each client
KILL_EVERY_S = 1.0


class Writer:
    """One client: makes, changes and deletes channels of its own, and remembers what was acknowledged."""

    def __init__(self, system, number, halt):
        self.system = system
        self.prefix = f"writer{number}"
        self.source = random.Random(number)
        self.halt = halt
        self.keys = {}  # channel → the key that was acknowledged; None: deleted
        self.doubt = collections.defaultdict(list)  # channel → what was asked for and not answered since
        self.done = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        headers = {"Authorization": f"Bearer {self.system.token}"}
        with httpx.Client(base_url=f"{self.system.url}/api/v1", headers=headers, timeout=10) as client:
            while not self.halt.is_set():
                name = f"{self.prefix}-{self.source.randrange(CHANNELS)}"
                self.change(client, name)

    def change(self, client, name):
        key = f"{self.source.getrandbits(64):016x}"
        there = self.keys.get(name) is not None
        if not there:
            key_after, call = key, lambda: client.post("/channels", json={"id": name, "ingest": {"key": key}})
        elif self.source.random() < 0.2:
            key_after, call = None, lambda: client.delete(f"/channels/{name}")
        else:
            key_after, call = key, lambda: client.patch(f"/channels/{name}", json={"ingest": {"key": key}})
        try:
            status = call().status_code
        except httpx.HTTPError:
            status = 503
        if status < 300:
            self.keys[name], self.doubt[name] = key_after, []
            self.done += 1
        elif status in (404, 409):  # an earlier request of ours was done though nobody said so
            self.settle(client, name)
        else:
            assert status == 503, status
            self.doubt[name].append(key_after)

    def settle(self, client, name):
        """Looks what became of requests without an answer."""
        with contextlib.suppress(httpx.HTTPError):
            status = client.get(f"/channels/{name}").status_code
            if status in (200, 404):
                assert self.doubt[name], f"{name}: {status} though every request was answered"
                self.keys[name] = next((k for k in reversed(self.doubt[name]) if (k is None) == (status == 404)), None)


def kill_for(system, seconds, halt):
    kills, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        halt.wait(KILL_EVERY_S)
        if pid := system.controlplane():
            processes.signal_to(pid, signal.SIGKILL)
            kills += 1
    halt.set()
    return kills


def healthy(system):
    with contextlib.suppress(httpx.HTTPError):
        return system.api.get("/health").json()["status"] == "ok"
    return False


def check_writes(writers, channels):
    """What was acknowledged is there, unless a later request whose answer got lost changed it."""
    for writer in writers:
        for name, key in writer.keys.items():
            there = channels.get(name, {}).get("~secrets", {}).get("ingest", {}).get("key")
            assert there in [key, *writer.doubt[name]], f"{name}: {there}, acknowledged {key}, {writer.doubt[name]}"


def check_notes(folder, channels):
    """The audit log and the journal tell the same story as the channels: one entry of each for each change."""
    audit = list(store.documents(folder, "audit/").values())
    events = list(store.documents(folder, "events/").values())
    assert [e["number"] for e in audit] == list(range(1, len(audit) + 1))
    assert [e["number"] for e in events] == list(range(1, len(events) + 1))
    assert len({e["id"] for e in events}) == len(events)
    for name in {e["target"] for e in audit if e["target"].startswith("writer")}:
        noted = [e["action"].removeprefix("channel.") for e in audit if e["target"] == name]
        told = [e for e in events if e["channel"] == name and e["type"].startswith("channel.")]
        assert [e["type"] for e in told] == [f"channel.{action}d" for action in noted]
        assert [e["seq"] for e in events if e["channel"] == name] == list(range(1, len(told) + 1))
        assert (noted[-1] != "delete") == (name in channels), (name, noted)
        assert all(before == "delete" for before, after in zip(["delete", *noted], noted) if after == "create")


def check_deliveries(folder, receiver):
    """The webhook was told every event of a channel as the journal has it, in order; a kill makes some come twice."""
    journal = {e["id"]: e for e in store.documents(folder, "events/").values() if e["type"].startswith("channel.")}
    wait_for(lambda: receiver.ids() >= journal.keys(), 60, "all events to be delivered")
    receiver.check_order()
    told = {e["id"]: e for e in receiver.accepted}
    assert told == journal
    assert len({e["number"] for e in told.values()}) == len(told)
    first = list(told.values())  # in the order in which each was accepted first
    for channel in {e["channel"] for e in first}:
        seqs = [e["seq"] for e in first if e["channel"] == channel]
        assert seqs == list(range(1, len(seqs) + 1)), f"{channel}: {seqs}"
    print(f"{len(receiver.accepted)} deliveries of {len(told)} events")


def check_workers(system, channels):
    """All workers of nginx have the newest snapshot: a channel of the store takes a stream, one that was deleted none."""
    newest = json.loads((system.dir / "channels/manifest.json").read_text())["generation"]
    wait_for(lambda: all(w["snapshot_generation"] == newest for w in system.control.workers()), 15,
             "all workers to have the newest snapshot")
    there = next(name for name in channels if name.startswith("writer"))
    names = (f"writer{n}-{m}" for n in range(CLIENTS) for m in range(CHANNELS))
    gone = next(name for name in names if name not in channels)
    with Publisher(system.rtmp, push_name(there, channels[there]["~secrets"]["ingest"]["key"]), clip("avc_quick")):
        system.control.wait_state(there, "live")
    expect_refused(system, push_name(gone, "any"), "unknown_channel", channel=gone)


def run(system, seconds):
    with Receiver() as receiver:
        made = system.api.post("/webhooks", {"url": receiver.url, "events": ["channel.*"]}).json()
        receiver.secrets = [made["secret"]]
        # The journal keeps every event: it is compared with all that was delivered.
        assert system.api.patch("/settings", {"events": {"max_count": 10_000_000}}).status_code == 200
        write_under_kills(system, seconds)
        check_deliveries(system.dir, receiver)
        assert system.api.delete(f"/webhooks/{made['id']}").status_code == 204


def store_and_snapshot(folder):
    """The channels of both, once they agree: a request whose client gave up may still be under way."""
    channels, records = store.documents(folder, "channels/"), store.snapshot(folder)
    return records is not None and records.keys() == channels.keys() and (channels, records)


def write_under_kills(system, seconds):
    halt = threading.Event()
    writers = [Writer(system, number, halt) for number in range(CLIENTS)]
    kills = kill_for(system, seconds, threading.Event())
    halt.set()
    for writer in writers:
        writer.thread.join(20)
    wait_for(lambda: healthy(system), 30, "the control plane to be back")
    print(f"{kills} kills, {sum(w.done for w in writers)} writes acknowledged")
    assert kills >= seconds / KILL_EVERY_S / 2 and sum(w.done for w in writers) > seconds
    channels, records = wait_for(lambda: store_and_snapshot(system.dir), 20, "the snapshot to name the store's channels")
    check_writes(writers, channels)
    check_notes(system.dir, channels)
    for name, channel in channels.items():
        assert channel["~secrets"]["ingest"]["key"].encode() in records[name], f"{name}: the snapshot has another key"
    listed = {c["id"] for c in system.api.get("/channels", params={"limit": 1000}).json()["items"]}
    assert listed == channels.keys()
    check_workers(system, channels)


@pytest.mark.deadline(120)
def test_nothing_that_was_acknowledged_is_lost_and_all_records_agree(own_system):
    run(own_system, 20)


@pytest.mark.long
@pytest.mark.deadline(900)
def test_the_same_for_ten_minutes(own_system):
    run(own_system, 600)
