"""The journal: every event once, whatever is killed; what is lost is said, and made up for."""

import json
import signal

import httpx
import pytest
from sluicetest import processes
from sluicetest.api import Api, fresh_id
from sluicetest.background import Background
from sluicetest.control import Events
from sluicetest.journal import Journal
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import expect_refused
from sluicetest.sign import push_name
from sluicetest.waiting import wait_for


def post(system, **event):
    assert system.control.request("POST", "/-/events", event)[0] == 202


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# What it holds

def test_the_life_of_a_channel_and_its_stream_is_journalled_in_order(shared_system, api):
    journal = Journal(api)
    channel = api.channel(fresh_id("life"))
    channel.patch(description="x")
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        started = journal.wait("stream.started", channel=channel.id)
    journal.wait("stream.stopped", channel=channel.id)
    expect_refused(shared_system, push_name(channel.id, "wrong"), "signature_wrong", channel=channel.id)
    journal.wait("stream.rejected", channel=channel.id)
    channel.delete()
    journal.wait("channel.deleted", channel=channel.id)

    own = [e for e in journal.seen if e["channel"] == channel.id]
    assert [e["type"] for e in own] == ["channel.created", "channel.updated", "stream.started", "stream.stopped",
                                        "stream.rejected", "channel.deleted"]
    assert [e["seq"] for e in own] == [1, 2, 3, 4, 5, 6]
    assert own[1]["data"]["changed"] == ["description"]
    assert started["source"] == "nginx" and "address" in started["data"]
    assert len({e["id"] for e in journal.seen}) == len(journal.seen)
    page = api.get("/events", params={"channel": channel.id, "type": "stream.*", "limit": 2}).json()
    assert page["items"] == own[2:4] and page["next_cursor"]
    assert api.get("/events", params={"channel": channel.id, "cursor": page["next_cursor"],
                                      "type": "stream.*"}).json() == {"items": [own[4]], "next_cursor": None}


def test_a_viewers_token_reads_no_addresses_in_the_journal(shared_system, api, channel):
    made = api.post("/tokens", {"scope": "viewer"}).json()
    viewer = Api(shared_system.url, made["secret"])
    journal = Journal(api)
    expect_refused(shared_system, push_name(channel.id, "wrong"), "signature_wrong", channel=channel.id)
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        journal.wait("stream.started", channel=channel.id)
    journal.wait("stream.stopped", channel=channel.id)
    items = viewer.get(f"{channel.path}/events").json()["items"]
    assert {e["type"] for e in items} == {"channel.created", "stream.started", "stream.stopped"}
    assert [e["data"] for e in items if e["type"] == "stream.started"] == [{"resumed": False}]
    assert items == [e for e in viewer.get("/events", params={"limit": 1000}).json()["items"]
                     if e["channel"] == channel.id]
    viewer.close()
    api.delete(f"/tokens/{made['id']}")


# One address, two answers

@pytest.mark.parametrize("query, headers", [
    ("", {}), ("", {"Accept": "text/event-stream"}), ("?limit=5", {"Accept": "text/event-stream"}),
    ("?limit=5", {"Last-Event-ID": "0-0"}), ("?after=0123456789abcdef-7", {}), ("?foo=bar", {}),
])
def test_the_stream_is_served_as_before(shared_system, query, headers):
    reply = httpx.head(f"{shared_system.url}/api/v1/events{query}", headers=bearer(shared_system.token) | headers)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("query", ["after=0", "limit=5", "cursor=1", "type=stream.*", "channel=x&after=0"])
def test_a_parameter_asks_for_the_journal(shared_system, query):
    url = f"{shared_system.url}/api/v1/events?{query}"
    reply = httpx.get(url, headers=bearer(shared_system.token))
    assert reply.status_code == 200, reply.text
    assert set(reply.json()) == {"items", "next_cursor"}
    assert httpx.head(url, headers=bearer(shared_system.token)).headers["content-type"] == "application/json"
    assert httpx.get(url).status_code == 401
    assert httpx.post(url, headers=bearer(shared_system.token)).status_code == 405


@pytest.mark.parametrize("query, field", [
    ("after=abc", "after"), ("after=-1", "after"), ("after=1&cursor=1", "cursor"), ("cursor=x", "cursor"),
    ("limit=0", "limit"), ("type=stream", "type"), ("limit=5&what=ever", "what"), ("after=99999999999999999999", "after"),
])
def test_a_parameter_that_is_wrong_is_named(api, query, field):
    reply = api.get(f"/events?{query}")
    assert reply.status_code == 422, reply.text
    assert [e["field"] for e in reply.json()["errors"]] == [field]


def test_browsers_see_the_control_planes_own_events_once_and_the_journal_too(shared_system, api):
    journal = Journal(api)
    with Events(None, url=f"{shared_system.url}/api/v1/events", headers=bearer(shared_system.token)) as browser:
        first, second = (api.channel(fresh_id("own")) for _ in range(2))
        shown = browser.wait("channel.created", channel=second.id)
        post(shared_system, type="test.later")
        browser.wait("test.later")
        assert len(browser.find("channel.created", channel=first.id)) == 1
    journal.wait("test.later")
    for channel in (first, second):
        assert len(journal.find("channel.created", channel=channel.id)) == 1
        channel.delete()
    assert shown["id"] == journal.find("channel.created", channel=second.id)[0]["id"]


# Floods

def test_a_flood_of_refusals_is_counted_not_listed(shared_system, api):
    journal = Journal(api)
    name = fresh_id("flood")
    for n in range(1500):
        post(shared_system, type="stream.rejected", channel=name, data={"reason": "disabled", "address": "192.0.2.7"})

    def told():
        journal.read()
        return sum(e["data"].get("count", 1) for e in journal.find("stream.rejected", channel=name)) == 1500

    wait_for(told, 30, "all refusals to be told of")
    assert len(journal.find("stream.rejected", channel=name)) < 30


# Kills and losses

class Noise(Background):
    """Posts numbered events to the ring until it is stopped."""

    every_s = 0.002

    def __init__(self, system):
        super().__init__()
        self.system = system
        self.count = 0

    def step(self):
        post(self.system, type="test.noise", channel=f"c{self.count % 3}", data={"n": self.count})
        self.count += 1


def kill_control_plane(system):
    pid = wait_for(system.controlplane, 10, "the control plane")
    processes.signal_to(pid, signal.SIGKILL)
    wait_for(lambda: system.controlplane() not in (None, pid), 15, "the next control plane")


def answers(api):
    try:
        return api.get("/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_page_of_the_journal_is_refused_as_any_request_while_the_control_plane_is_away(make_system):
    system = make_system()
    system.expected += ["Killed", "sluice-control"]
    processes.signal_to(wait_for(system.controlplane, 10, "the control plane"), signal.SIGKILL)
    refused = wait_for(lambda: (r := system.api.get("/events", params={"limit": 1})).status_code != 200 and r, 10,
                       "the API to be away")
    assert refused.status_code == 503, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    wait_for(lambda: answers(system.api), 20, "the API")


@pytest.mark.parametrize("sanitized", [False, True], ids=["", "sanitized"])
def test_kill_9_at_any_moment_leaves_every_event_once(make_system, sanitized):
    system = make_system(sanitized=sanitized)
    system.expected += ["Killed", "sluice-control"]
    journal = Journal(system.api)
    with Noise(system) as noise:
        for _ in range(4):
            # Else the next one dies before it has written anything.
            journal.wait("test.noise", n=noise.count + 60, timeout=40)
            kill_control_plane(system)
    wait_for(lambda: answers(system.api), 20, "the API")
    journal.wait("test.noise", n=noise.count - 1, timeout=30)
    told = journal.find("test.noise")
    assert [e["data"]["n"] for e in told] == list(range(noise.count))
    assert not journal.find("events.lost")
    seqs = [e["seq"] for e in told if e["channel"] == "c0"]
    assert seqs == list(range(1, len(seqs) + 1))


def noise(system, count):
    for n in range(count):
        post(system, type="test.gap", data={"n": n, "ballast": "x" * 800})


def test_what_the_ring_dropped_is_said_and_made_up_for(make_system):
    system = make_system()
    journal = Journal(system.api)
    ends, starts = (system.api.channel(fresh_id("gap")) for _ in range(2))
    push = Publisher(system.rtmp, ends.name(), clip("avc_quick")).__enter__()
    journal.wait("stream.started", channel=ends.id)
    pid = system.controlplane()
    processes.signal_to(pid, signal.SIGSTOP)
    noise(system, 600)  # what the socket holds is not lost
    push.__exit__(None, None, None)
    system.control.wait_state(ends.id, "waiting")
    with Publisher(system.rtmp, starts.name(), clip("avc_quick")):
        system.control.wait_state(starts.id, "live")
        noise(system, 2300)
        processes.signal_to(pid, signal.SIGCONT)
        lost = journal.wait("events.lost", timeout=30)
        assert lost["data"]["reason"] == "overrun" and lost["data"]["count"] > 1000, lost
        assert journal.wait("stream.stopped", channel=ends.id)["data"].get("reconciled")
        assert journal.wait("stream.started", channel=starts.id)["data"].get("reconciled")
    assert "reconciled" not in journal.wait("stream.stopped", channel=starts.id)["data"]
    for channel, count in ((ends, 2), (starts, 2)):
        assert len([e for e in journal.seen if e["channel"] == channel.id and e["type"][:7] == "stream."]) == count


def test_another_nginx_begins_with_all_streams_stopped(make_system):
    system = make_system()
    system.expected += ["signal 9", "Killed"]
    channel = system.api.channel(fresh_id("master"))
    journal = Journal(system.api)
    with Publisher(system.rtmp, channel.name(), clip("avc_quick")):
        journal.wait("stream.started", channel=channel.id)
        processes.signal_to(system.master, signal.SIGKILL)
        assert journal.wait("events.lost", timeout=20)["data"]["reason"] == "nginx_restarted"
        assert journal.wait("stream.stopped", channel=channel.id)["data"].get("reconciled")
    post(system, type="test.after")
    journal.wait("test.after")


def test_what_was_pruned_is_gone_and_the_oldest_is_named(make_system):
    system = make_system()
    assert system.api.patch("/settings", {"events": {"max_count": 1000}}).status_code == 200
    for n in range(1200):
        post(system, type="test.many", data={"n": n})
    def begins_anew():
        """Until the removal has come to its end, the oldest is another one with each answer."""
        gone = system.api.get("/events?after=0")
        if gone.status_code != 410:
            return None
        oldest = int(gone.headers["sluice-oldest-event"])
        kept = [system.api.get(f"/events?{page}") for page in (f"after={oldest - 1}", "limit=1")]
        named = [k.status_code == 200 and k.json()["items"][0]["number"] == oldest for k in kept]
        return (gone, oldest) if all(named) and oldest > 200 else None

    gone, oldest = wait_for(begins_anew, 20, "the oldest to be removed, and the first of what is kept to be named")
    assert gone.headers["content-type"] == "application/problem+json" and str(oldest) in json.dumps(gone.json())
