"""Webhooks: every event arrives, signed, in order per channel, whatever fails or is killed."""

import contextlib
import random
import re
import signal
import ssl
import subprocess
import threading
import time

import httpx
import pytest
from sluicetest import processes
from sluicetest.api import Api, fresh_id
from sluicetest.receiver import Receiver, genuine
from sluicetest.waiting import free_ports, wait_for


def subscribe(api, url, **fields):
    reply = api.post("/webhooks", {"url": url, **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()


@pytest.fixture
def receiver():
    with Receiver() as made:
        yield made


@pytest.fixture
def hook(api, receiver):
    """A webhook of the shared product that leads to `receiver`, for channels that no other test changes."""
    made = subscribe(api, receiver.url, events=["channel.*"])
    receiver.secrets = [made["secret"]]
    yield made
    api.delete(f"/webhooks/{made['id']}")


def signature_of(receiver, number=-1):
    headers, body = receiver.requests[number]
    return headers["Sluice-Signature"], body


# What is sent

def test_an_event_arrives_signed_and_as_the_journal_has_it(api, hook, receiver):
    channel = api.channel(fresh_id("hooked"))
    channel.patch(description="x")
    channel.delete()
    wait_for(lambda: receiver.of("channel.deleted", channel=channel.id), 10, "the deletion")
    told = [e for e in receiver.accepted if e["channel"] == channel.id]
    assert [e["type"] for e in told] == ["channel.created", "channel.updated", "channel.deleted"]
    assert told == api.get("/events", params={"channel": channel.id, "after": 0}).json()["items"]
    receiver.check_order()
    header, body = signature_of(receiver)
    assert genuine(hook["secret"], header, body, time.time())
    assert not genuine("another", header, body, time.time())
    assert not genuine(hook["secret"], header, body + b" ", time.time())
    assert len({h["Sluice-Delivery"] for h, _ in receiver.requests}) == len(receiver.requests)


def test_two_secrets_sign_until_the_old_one_is_dropped(api, hook, receiver):
    path = f"/webhooks/{hook['id']}"

    def signed_by():
        assert api.post(f"{path}/test").json()["delivered"]
        header, body = signature_of(receiver)
        return {name for name, secret in secrets.items() if genuine(secret, header, body, time.time())}

    secrets = {"first": hook["secret"]}
    receiver.secrets = []
    assert signed_by() == {"first"}
    secrets["second"] = api.post(f"{path}/actions/rotate-secret").json()["secret"]
    assert signed_by() == {"first", "second"}
    secrets["third"] = api.post(f"{path}/actions/rotate-secret", {"drop_old": True}).json()["secret"]
    assert signed_by() == {"third"}
    assert all(secret not in api.get(path).text for secret in secrets.values())


# What a test says

@pytest.fixture
def self_signed(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-keyout", tmp_path / "key", "-out", tmp_path / "crt"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    return context


def slow(event, attempt):
    time.sleep(1.5)
    return 200


@pytest.mark.parametrize("answer, code, error", [
    (lambda e, a: 200, 200, None), (lambda e, a: 204, 204, None), (lambda e, a: 500, 500, "500"),
    (lambda e, a: (302, {"Location": "http://127.0.0.1:1/"}), 302, "302"), (lambda e, a: None, None, "returned nothing"),
    (slow, None, "imeout"),
])
def test_a_test_says_what_the_receiver_did(api, hook, receiver, answer, code, error):
    receiver.answer = answer
    api.patch(f"/webhooks/{hook['id']}", {"timeout_ms": 500})
    outcome = api.post(f"/webhooks/{hook['id']}/test").json()
    assert (outcome["delivered"], outcome["code"]) == (error is None, code), outcome
    assert outcome["error"] is None if error is None else error in outcome["error"]


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(api, self_signed):
    with Receiver(context=self_signed) as receiver:
        made = subscribe(api, receiver.url, enabled=False)
        outcome = api.post(f"/webhooks/{made['id']}/test").json()
        assert not outcome["delivered"] and "certificate" in outcome["error"], outcome
        assert not receiver.requests
        api.delete(f"/webhooks/{made['id']}")


def test_tests_that_hang_do_not_hold_up_the_api(api, hook, receiver):
    """At most four are under way, however many threads the API has; the others are refused at once."""
    allowed, callers = 4, 100
    release = threading.Event()
    receiver.answer = lambda event, attempt: 200 if release.wait(25) else 500
    statuses = []

    api.patch(f"/webhooks/{hook['id']}", {"timeout_ms": 15_000})
    client = httpx.Client(headers=api.client.headers, timeout=30, limits=httpx.Limits(max_connections=callers))
    path = f"{api.base}/api/v1/webhooks/{hook['id']}/test"

    def ask():
        statuses.append(client.post(path).status_code)

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(receiver.requests) == allowed, 15, "as many as may be under way")
    wait_for(lambda: len(statuses) == callers - allowed, 15, "the others to be refused")
    assert set(statuses) == {503} and len(receiver.requests) == allowed
    assert api.get("/health").status_code == 200
    release.set()
    for thread in threads:
        thread.join()
    client.close()
    assert sorted(statuses) == [200] * allowed + [503] * (callers - allowed)


# The resource

@pytest.mark.parametrize("body, field", [
    ({}, "url"), ({"url": "ftp://x/"}, "url"), ({"url": "http://169.254.169.254/latest"}, "url"),
    ({"url": "http://[fe80::1]/"}, "url"), ({"url": "http://a:b@x/"}, "url"), ({"url": "http://2852039166/"}, "url"),
    ({"url": "http://x", "events": ["*", "Stream.*"]}, "events[1]"), ({"url": "http://x", "timeout_ms": 1}, "timeout_ms"),
    ({"url": "http://x", "secret": "short"}, "secret"), ({"url": "http://x", "other": 1}, "other"),
])
def test_a_wrong_field_is_named(api, body, field):
    reply = api.post("/webhooks", body)
    assert reply.status_code == 422, reply.text
    assert [e["field"] for e in reply.json()["errors"]] == [field]


def test_webhooks_are_for_admins_and_heed_etags_and_keys(shared_system, api, hook):
    path = f"/webhooks/{hook['id']}"
    etag = api.get(path).headers["etag"]
    assert api.patch(path, {"name": "x"}, headers={"If-Match": etag}).status_code == 200
    assert api.put(path, {"url": "http://x"}, headers={"If-Match": etag}).status_code == 412
    key = {"Idempotency-Key": fresh_id("once")}
    first, again = (api.post("/webhooks", {"url": "http://127.0.0.1:1/"}, headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"] and "secret" not in again.json()
    assert first.json()["id"] in [w["id"] for w in api.get("/webhooks").json()["items"]]
    assert api.delete(f"/webhooks/{first.json()['id']}").status_code == 204
    assert api.get(f"/webhooks/{first.json()['id']}").status_code == 404
    made = api.post("/tokens", {"scope": "operator"}).json()
    operator = Api(shared_system.url, made["secret"])
    assert operator.get("/webhooks").status_code == operator.get(path).status_code == 403
    operator.close()
    api.delete(f"/tokens/{made['id']}")


# What becomes of deliveries

def test_the_log_tells_what_became_of_each_and_sends_again(api, hook, receiver):
    receiver.answer = lambda event, attempt: 500 if attempt == 1 else 200
    channel = api.channel(fresh_id("logged"))
    path = f"/webhooks/{hook['id']}/deliveries"

    def record():
        found = [d for d in api.get(path).json()["items"] if d["channel"] == channel.id]
        return found and found[0]["status"] == wanted and found[0]

    wanted = "retrying"
    first = wait_for(record, 10, "the failure in the log")
    assert (first["attempts"], first["code"]) == (1, 500) and first["next_attempt_at_ms"] > first["at_ms"]
    wanted = "delivered"
    second = wait_for(record, 10, "the delivery in the log")
    assert (second["attempts"], second["code"], second["error"]) == (2, 200, None)
    one = api.get(f"{path}/{second['number']}").json()
    assert one["body"].encode() == receiver.requests[-1][1]
    assert api.post(f"{path}/{second['number']}/redeliver").json()["delivered"]
    assert receiver.requests[-1][1] == one["body"].encode()
    assert api.get(f"{path}/999999").status_code == api.get(f"{path}/x").status_code == 404
    channel.delete()


def test_a_receiver_that_is_gone_is_left_alone(api, hook, receiver):
    receiver.answer = lambda event, attempt: 410
    channel = api.channel(fresh_id("gone"))
    wait_for(lambda: not api.get(f"/webhooks/{hook['id']}").json()["enabled"], 10, "the webhook to be disabled")
    assert api.get("/events", params={"type": "webhook.disabled", "limit": 1000}).json()["items"]
    channel.delete()


def test_a_slow_receiver_holds_up_no_other(api, hook, receiver):
    release = threading.Event()
    with Receiver(lambda event, attempt: release.wait(20) and 200) as stuck:
        other = subscribe(api, stuck.url, timeout_ms=15000)
        channel = api.channel(fresh_id("slow"))
        channel.delete()
        wait_for(lambda: stuck.requests, 10, "the slow one to be asked")
        wait_for(lambda: receiver.of("channel.deleted", channel=channel.id), 10, "the quick one to get all")
        release.set()
        api.delete(f"/webhooks/{other['id']}")


def test_private_networks_can_be_refused(make_system, receiver):
    system = make_system()
    made = subscribe(system.api, receiver.url)
    # A connection that is open is no way round it.
    assert system.api.post(f"/webhooks/{made['id']}/test").json()["delivered"]
    assert system.api.patch("/settings", {"webhooks": {"allow_private": False}}).status_code == 200
    outcome = system.api.post(f"/webhooks/{made['id']}/test").json()
    assert not outcome["delivered"] and "not allowed" in outcome["error"], outcome
    assert system.api.post("/webhooks", {"url": receiver.url}).status_code == 422
    named = subscribe(system.api, receiver.url.replace("127.0.0.1", "localhost"))
    assert "not allowed" in system.api.post(f"/webhooks/{named['id']}/test").json()["error"]


# Many

class HalfOfTheTime:
    """Fails every second time by chance, in all the ways there are."""

    def __init__(self):
        self.random = random.Random(5)
        self.lock = threading.Lock()

    def __call__(self, event, attempt):
        with self.lock:
            if self.random.random() < 0.5:
                return 200
            return self.random.choice([500, 503, 404, None, (429, {"Retry-After": "0"})])


def events_in_journal(api):
    with contextlib.suppress(httpx.HTTPError):
        if found := re.search(r"^sluice_events (\d+)$", api.get("/metrics").text, re.M):
            return int(found[1])
    return 0


def deliver_many(system, count, kills):
    api = system.api
    with Receiver(HalfOfTheTime()) as receiver:
        made = subscribe(api, receiver.url, events=["test.*"])
        receiver.secrets = [made["secret"]]
        killed = 0
        for n in range(count):
            event = {"type": "test.many", "channel": f"c{n % 200}", "data": {"n": n}}
            assert system.control.request("POST", "/-/events", event)[0] == 202
            if n % 500 == 499:
                # nginx holds some 2,000 for a control plane that is being killed, not ten thousand.
                wait_for(lambda: events_in_journal(api) > n, 30, "the journal to follow")
            if killed < kills and n > (killed + 1) * count // (kills + 2):
                killed += 1
                pid = wait_for(system.controlplane, 10, "the control plane")
                processes.signal_to(pid, signal.SIGKILL)
                wait_for(lambda: system.controlplane() not in (None, pid), 20, "the next control plane")
        wait_for(lambda: len(receiver.ids()) >= count, 60 + count // 25, "all to arrive")
        receiver.check_order()
        assert sorted(e["data"]["n"] for e in {e["id"]: e for e in receiver.accepted}.values()) == list(range(count))
        assert len(receiver.requests) > 1.5 * count


@pytest.fixture
def quick_retries(monkeypatch):
    """A second is what a receiver deserves, but a run of ten failures would take a quarter of an hour."""
    monkeypatch.setenv("SLUICE_TEST_WEBHOOK_DELAY_MS", "5")


@pytest.mark.deadline(300)
@pytest.mark.parametrize("sanitized", [False, True], ids=["", "sanitized"])
def test_all_arrive_in_order_at_a_receiver_that_fails_half_of_the_time(make_system, quick_retries, sanitized):
    deliver_many(make_system(sanitized=sanitized), 1000, kills=2)


@pytest.mark.long
@pytest.mark.deadline(900)
def test_ten_thousand_arrive_in_order_with_kill_9_in_between(make_system, quick_retries):
    deliver_many(make_system(), 10_000, kills=5)


def test_nobody_there_at_first(api):
    """What can't be connected to is tried again."""
    port, = free_ports(1)
    made = subscribe(api, f"http://127.0.0.1:{port}/", events=["channel.*"])
    outcome = api.post(f"/webhooks/{made['id']}/test").json()
    assert not outcome["delivered"] and outcome["code"] is None and outcome["error"]
    channel = api.channel(fresh_id("nobody"))
    path = f"/webhooks/{made['id']}/deliveries"
    wait_for(lambda: [d for d in api.get(path).json()["items"] if d["status"] == "retrying"], 10, "the failure")
    with Receiver() as receiver:
        assert api.patch(f"/webhooks/{made['id']}", {"url": receiver.url}).status_code == 200
        wait_for(lambda: receiver.of("channel.created", channel=channel.id), 15, "the event")
    api.delete(f"/webhooks/{made['id']}")
    channel.delete()
