"""Backups made, sent and put back while the product works."""

import contextlib
import hashlib
import os
import signal
import threading
import time

import httpx
import pytest
from sluicetest import processes
from sluicetest.api import Api, fresh_id
from sluicetest.contract import Contract
from sluicetest.publisher import Publisher, clip
from sluicetest.receiver import Receiver
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for


@pytest.fixture
def api(own_system):
    client = Api(own_system.url, own_system.token)
    client.client.event_hooks["response"].append(Contract().check)
    yield client
    client.close()


def make(api, **body):
    reply = api.post("/backups", body or None)
    assert reply.status_code == 201, reply.text
    return reply.json()


def names(api):
    return {c["id"]: c["name"] for c in api.get("/channels", params={"limit": 1000}).json()["items"]}


def test_a_backup_is_made_under_writes_and_sent_whole(own_system, api):
    ended = threading.Event()

    def write():
        client = Api(own_system.url, own_system.token)
        while not ended.is_set():
            assert client.post("/channels", {"id": fresh_id("w")}).status_code == 201

    writer = threading.Thread(target=write)
    writer.start()
    made = [make(api) for _ in range(3)]
    ended.set()
    writer.join()
    for facts in made:
        path = f"/backups/{facts['id']}"
        assert api.get(path).json() == facts
        sent = api.get(f"{path}/file")
        assert sent.status_code == 200
        assert (len(sent.content), hashlib.sha256(sent.content).hexdigest()) == (facts["bytes"], facts["sha256"])
        assert sent.headers["content-disposition"] == f'attachment; filename="sluice-{facts["id"]}.mdb"'
        part = api.get(f"{path}/file", headers={"Range": "bytes=0-9"})
        assert part.status_code == 206 and part.content == sent.content[:10]
        file = own_system.dir / "backups" / f"{facts['id']}.mdb"
        assert file.stat().st_mode & 0o777 == 0o600
    listed = api.get("/backups").json()["items"]
    assert [b["id"] for b in listed] == sorted((b["id"] for b in made), reverse=True)
    assert api.delete(f"/backups/{made[0]['id']}").status_code == 204
    assert api.get(f"/backups/{made[0]['id']}/file").status_code == 404


def test_nobody_else_gets_the_file(own_system, api):
    facts = make(api)
    client = Api(own_system.url).client
    assert client.get(f"/backups/{facts['id']}/file").status_code == 401
    for path in (f"/-backups/{facts['id']}.mdb", f"/backups/{facts['id']}.mdb", "/-backups/"):
        assert client.get(own_system.url + path).status_code == 404


def test_a_restore_is_in_force_at_once_and_disturbs_no_stream(own_system, api):
    live = api.channel()
    changed = api.channel()
    assert changed.patch(name="then")["name"] == "then"
    then = {"public_host": "then.example.com", "limits": {"worker_connections": 3000}}
    assert api.patch("/settings", then).status_code == 200
    ann = api.user("operator")
    facts = make(api)
    changed.patch(name="now")
    added = api.channel()
    assert api.patch("/settings", {"public_host": None, "limits": {"worker_connections": 4000}}).status_code == 200
    assert api.delete(f"/users/{ann['id']}").status_code == 204
    generation = own_system.generation()

    with Publisher(own_system.rtmp, live.name(), clip("avc_quick")) as push:
        own_system.control.wait_state(live.id, "live")
        with HttpFlv(own_system.flv(live.id)) as viewer:
            viewer.read_key_frame()
            page = Api.signed_in(own_system.url, "admin", own_system.admin_password)
            key = {"Idempotency-Key": facts["id"]}
            done, again = (api.post(f"/backups/{facts['id']}/restore", headers=key) for _ in range(2))
            assert done.status_code == 200, done.text
            assert again.headers["idempotency-replayed"] == "true" and again.json() == done.json()
            assert done.json()["applied"] == "applied"
            viewer.read_key_frame()
        assert not push.ended.is_set()
    assert names(api)[changed.id] == "then" and added.id not in names(api)
    assert own_system.generation() > generation
    assert api.get("/settings").json()["public_host"] == "then.example.com"
    assert page.get("/channels").status_code == 401
    assert Api.signed_in(own_system.url, ann["username"], ann["password"]).get("/channels").status_code == 200
    newest = api.get("/audit", params={"action": "backup.*", "limit": 1}).json()["items"][0]
    assert (newest["action"], newest["target"]) == ("backup.restore", facts["id"])
    assert api.post(f"/backups/{done.json()['before']}/restore").status_code == 200
    assert names(api)[changed.id] == "now" and added.id in names(api)


def subscribe(api, receiver):
    return api.post("/webhooks", {"url": receiver.url, "events": ["channel.*"]}).json()["id"]


def test_a_restore_serves_the_webhooks_of_then_with_what_happens_from_now_on(own_system, api):
    with Receiver() as then, Receiver() as since:
        restored = subscribe(api, then)
        old = api.channel()
        wait_for(lambda: then.of("channel.created", channel=old.id), 10, "the webhook to be served")
        facts = make(api)
        assert api.delete(f"/webhooks/{restored}").status_code == 204
        unheard = api.channel()
        added = subscribe(api, since)
        told = api.channel()
        wait_for(lambda: since.of("channel.created", channel=told.id), 10, "the other one to be served")
        before = len(then.requests)

        assert api.post(f"/backups/{facts['id']}/restore").status_code == 200
        assert api.get(f"/webhooks/{added}").status_code == 404
        new = api.channel()
        wait_for(lambda: then.of("channel.created", channel=new.id), 10, "the restored one to be served")
        assert len(then.requests) == before + 1, "events of before the restore came again"
        assert not then.of("channel.created", channel=unheard.id)
        assert api.post(f"/webhooks/{restored}/test").json()["delivered"]
        assert not since.of("channel.created", channel=new.id)
        log = f"/webhooks/{restored}/deliveries"
        wait_for(lambda: [d["channel"] for d in api.get(log).json()["items"]] == [new.id], 10, "the delivery in the log")
        assert api.delete(f"/webhooks/{restored}").status_code == 204


def test_what_is_no_backup_is_refused_with_the_reason(own_system, api):
    before = names(api)
    facts = make(api)
    folder = own_system.dir / "backups"
    whole = (folder / f"{facts['id']}.mdb").read_bytes()
    broken = {"text": b"no database", "empty": b"", "half": whole[:len(whole) // 2],
              "zeros": whole[:4096] + bytes(len(whole) - 4096), "noise": whole[:8192] + os.urandom(len(whole) - 8192)}
    for name, content in broken.items():
        (folder / f"{name}.mdb").write_bytes(content)
        owner = folder.stat()
        os.chown(folder / f"{name}.mdb", owner.st_uid, owner.st_gid)
        reply = api.post(f"/backups/{name}/restore")
        assert reply.status_code == 409, (name, reply.text)
        assert reply.json()["detail"]
    assert api.post("/backups/nothing/restore").status_code == 404
    assert names(api) == before
    assert not list(folder.glob(".restore*"))
    for name in broken:
        assert api.delete(f"/backups/{name}").status_code == 204


def state_to(own_system, api, which, things):
    """Makes everything `which`: `then` or `now`."""
    channel, user, token = things
    channel.patch(name=which)
    assert api.patch("/settings", {"public_host": f"{which}.example.com"}).status_code == 200
    assert api.patch(f"/users/{user['id']}", {"role": "operator" if which == "now" else "viewer"}).status_code == 200
    if which == "now":
        assert api.delete(f"/tokens/{token['id']}").status_code in (204, 404)


def states(api, things):
    """What each of them says it is."""
    channel, user, token = things
    gone = api.get(f"/tokens/{token['id']}").status_code == 404
    return {names(api)[channel.id], api.get("/settings").json()["public_host"].split(".")[0],
            "now" if api.get(f"/users/{user['id']}").json()["role"] == "operator" else "then",
            "now" if gone else "then"}


def restored(own_system, facts, kill_after=None):
    """Seconds that it took, or None when the control plane was killed meanwhile."""
    pid = own_system.controlplane()
    timer = threading.Timer(kill_after, processes.signal_to, (pid, signal.SIGKILL)) if kill_after is not None else None
    began = time.monotonic()
    if timer:
        timer.start()
    with contextlib.suppress(OSError, httpx.HTTPError):
        caller = Api(own_system.url, own_system.token)
        caller.client.timeout = 30
        caller.post(f"/backups/{facts['id']}/restore")
    took = time.monotonic() - began
    if timer:
        timer.join()
        wait_for(lambda: own_system.controlplane() not in (None, pid), 30, "the control plane to be back")
        wait_for(lambda: httpx.get(f"{own_system.url}/health").status_code == 200, 30, "it to answer")
    return took


@pytest.mark.deadline(240)
def test_kill_9_in_the_middle_of_a_restore_leaves_one_state_or_the_other(own_system, api):
    things = api.channel(), api.user(), api.post("/tokens", {"scope": "viewer"}).json()
    state_to(own_system, api, "then", things)
    facts = make(api)
    state_to(own_system, api, "now", things)
    whole = restored(own_system, facts)
    assert states(api, things) == {"then"}
    seen = []
    for part in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.5):
        state_to(own_system, api, "now", things)
        restored(own_system, facts, part * whole)
        state = states(api, things)
        assert len(state) == 1, f"killed after {part} of {whole} s"
        seen += state
        assert not list((own_system.dir / "backups").glob("*.part*"))
    assert set(seen) == {"then", "now"}, "some of the kills come before, some after"


def test_a_machine_of_its_own_tells_the_webhooks_of_a_backup_what_is_new(own_system, api, make_system):
    with Receiver(lambda event, attempt: 500) as receiver:
        hook = subscribe(api, receiver)
        api.channel()
        wait_for(lambda: receiver.requests, 10, "an event that can't be delivered")
        facts = make(api)
        assert api.delete(f"/webhooks/{hook}").status_code == 204
        copy = (own_system.dir / "backups" / f"{facts['id']}.mdb").read_bytes()
        receiver.answer = lambda event, attempt: 200

        other = make_system(prepare=lambda folder: put_in_place(copy, own_system, folder))
        new = other.api.channel()
        wait_for(lambda: receiver.of("channel.created", channel=new.id), 10, "the first event of the new machine")
        assert [e["channel"] for e in receiver.accepted] == [new.id]


def put_in_place(copy, like, folder):
    (folder / "control.mdb").write_bytes(copy)
    owner = (like.dir / "control.mdb").stat()
    os.chown(folder / "control.mdb", owner.st_uid, owner.st_gid)


def test_a_backup_starts_a_system_of_its_own(own_system, api, make_system):
    channel = api.channel()
    page = Api.signed_in(own_system.url, "admin", own_system.admin_password)
    # The entry of a backup itself comes after the copy.
    ids = {e["target"] for e in api.get("/audit", params={"limit": 1000}).json()["items"]}
    facts = make(api)
    copy = (own_system.dir / "backups" / f"{facts['id']}.mdb").read_bytes()

    other = make_system(prepare=lambda folder: put_in_place(copy, own_system, folder),
                        environment={"SLUICE_ADMIN_PASSWORD": own_system.admin_password})
    assert channel.id in names(other.api)
    assert Api(other.url, None).client.get("/channels", cookies=dict(page.client.cookies)).status_code == 401
    assert Api.signed_in(other.url, "admin", own_system.admin_password).get("/users").status_code == 200
    audit = other.api.get("/audit", params={"limit": 1000}).json()["items"]
    assert ids <= {e["target"] for e in audit}
    assert "backup.restore" in {e["action"] for e in audit}
