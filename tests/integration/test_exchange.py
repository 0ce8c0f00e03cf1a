"""Many channels at once: export, import and batches, through the public port."""

import contextlib
import json
import signal
import threading
import time

import httpx
import pytest
import yaml
from sluicetest import http, processes
from sluicetest.api import Api, fresh_id
from sluicetest.crowd import Crowd
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

YAML = {"Content-Type": "application/yaml"}
MANY = 10_000
SOME = 2_000


@pytest.fixture
def api(own_system, contract):
    with contract.client(own_system, timeout=60) as client:
        yield client


def document(*channels):
    return {"version": 1, "channels": list(channels)}


def clear(api):
    """Deletes every channel, as a user would who has looked at the plan."""
    plan = api.post("/import", document(), params={"mode": "replace", "dry_run": "true"}).json()
    done = api.post("/import", document(),
                    params={"mode": "replace", "confirm_deletes": plan["counts"]["delete"]})
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_export_brings_everything_back_even_push_addresses(own_system, api, form):
    clear(api)
    rich = api.channel(fresh_id("rich"), name="yes", description="0123\n频道: \"x\" # no comment",
                       outputs={"hls": False}, playback={"auth": "signed", "key": "1e3"})
    api.channel(fresh_id("plain"))
    address = rich.urls()["push"]["obs"]["stream_key"]
    whole = {c["id"]: c for c in api.get("/channels").json()["items"]}
    exported = api.get("/export", params={"format": form, "secrets": "true"})
    assert exported.headers["content-type"].startswith(f"application/{form}")
    read = yaml.safe_load(exported.text) if form == "yaml" else exported.json()
    assert read["channels"][1]["name"] == "yes" and read["channels"][1]["playback"]["key"] == "1e3"
    clear(api)
    done = api.client.post("/import", content=exported.content, headers={"Content-Type": f"application/{form}"})
    assert done.status_code == 200, done.text
    assert sorted(done.json()["create"]) == sorted(whole)
    with Publisher(own_system.rtmp, address, clip("avc_quick")) as push:
        assert push.accepted, push.status
    for channel in api.get("/channels").json()["items"]:
        for fact in channel.keys() - {"created_at", "updated_at", "version"}:
            assert channel[fact] == whole[channel["id"]][fact]
    again = api.client.post("/import", content=exported.content, headers={"Content-Type": f"application/{form}"})
    assert again.json()["counts"] == {"create": 0, "update": 0, "delete": 0}
    assert again.json()["unchanged"] == 2


def test_keys_are_exported_to_admins_only(own_system, api):
    made = api.channel(fresh_id("secret"))
    assert made.key not in api.get("/export").text
    assert made.key in api.get("/export", params={"secrets": "true"}).text
    token = api.post("/tokens", {"scope": "operator"}).json()
    caller = Api(own_system.url, token["secret"])
    assert caller.get("/export").status_code == 200
    assert caller.get("/export", params={"secrets": "true"}).status_code == 403
    caller.close()


@pytest.mark.parametrize("text, why", [
    ("version: 1\nchannels:\n  - &a {id: x}\n  - *a\n", "anchors"),
    ("version: 1\nchannels: []\n---\nversion: 1\n", "more than one"),
    ("version: 1\nchannels: " + "[" * 40 + "]" * 40, "nested"),
    ("version: 1\nversion: 1\nchannels: []\n", "twice"),
    ("version: !!int 1\nchannels: []\n", "tags"),
    ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "anchors"),
], ids=["alias", "documents", "depth", "twice", "tag", "bomb"])
def test_yaml_that_could_grow_or_mean_two_things_is_refused_with_its_place(api, text, why):
    reply = api.client.post("/import", content=text, headers=YAML)
    assert reply.status_code == 400, reply.text
    assert why in reply.json()["detail"]


def test_a_wrong_import_changes_nothing_and_names_every_mistake(api):
    before = api.get("/channels").json()
    wrong = document({"id": fresh_id()}, {"id": fresh_id(), "packaging": {"segment_s": 0}}, {"name": "nobody"})
    reply = api.post("/import", wrong)
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == ["channels[1].packaging.segment_s", "channels[2].id"]
    assert api.get("/channels").json() == before
    plan = api.post("/import", wrong, params={"dry_run": "true"})
    assert plan.status_code == 200 and len(plan.json()["errors"]) == 2
    assert api.client.post("/import", content="a,b\n", headers={"Content-Type": "text/csv"}).status_code == 415


def test_an_import_may_be_larger_than_other_requests_and_has_its_own_limit(own_system, api):
    large = json.dumps(document({"id": fresh_id("large"), "description": "x" * 2000})) + " " * (3 << 20)
    headers = {"Content-Type": "application/json"}
    assert api.client.post("/import", content=large, headers=headers).status_code == 200
    assert api.client.post("/channels", content=large, headers=headers).status_code == 413
    with http.request(f"{own_system.url}/api/v1/import", "POST", {"Content-Length": str(40 << 20)}) as refused:
        assert refused.status == 413 and b"import_max_bytes" in refused.body()


def many(name, count=MANY):
    return document(*({"id": f"many-{n}", "name": name} for n in range(count)))


@pytest.mark.deadline(240)
def test_ten_thousand_channels_are_imported_at_once_and_running_sessions_do_not_notice(own_system, api):
    live = api.channel(fresh_id("live"))
    with Publisher(own_system.rtmp, live.name(), clip("avc_light")) as push, Crowd() as crowd:
        own_system.control.wait_state(live.id, "live")
        crowd.add(own_system.flv(live.id), 5)
        snapshot = own_system.control.workers()[0]["snapshot_generation"]
        began = time.monotonic()
        done = api.post("/import", many("a"))
        took = time.monotonic() - began
        assert done.status_code == 200, done.text
        assert done.json()["counts"]["create"] == MANY
        print(f"{MANY} channels in {took:.1f} s")
        wait_for(lambda: all(w["snapshot_generation"] == snapshot + 1 for w in own_system.control.workers()), 10,
                 "one new snapshot")
        assert api.post("/import", many("a")).json()["unchanged"] == MANY
        tags = [m.tags for m in crowd.members]
        wait_for(lambda: all(m.tags > t + 20 for m, t in zip(crowd.members, tags)), 10, "the stream to go on")
        assert not crowd.faults() and not push.ended.is_set()
    clear(api)


@pytest.mark.deadline(240)
def test_an_import_that_is_cut_off_by_kill_9_is_done_whole_or_not_at_all(own_system, api):
    clear(api)
    began = time.monotonic()
    assert api.post("/import", many("round 0", SOME)).status_code == 200
    whole = time.monotonic() - began
    seen = set()
    for share in (0.5, 0.7, 0.8, 0.9, 0.95):
        delay = whole * share
        victim = own_system.controlplane()

        def push_in():
            with contextlib.suppress(httpx.HTTPError), httpx.Client(timeout=60) as client:
                client.post(f"{own_system.url}/api/v1/import", json=many(f"round {delay}", SOME),
                            headers={"Authorization": f"Bearer {own_system.token}"})
        request = threading.Thread(target=push_in)
        request.start()
        request.join(delay)
        processes.signal_to(victim, signal.SIGKILL)
        request.join()
        wait_for(lambda: own_system.controlplane() not in (None, victim) and healthy(own_system), 20, "it to be back")
        names = {c["name"] for c in channels_of(api)}
        seen |= names
        assert len(names) == 1, names
    print(f"states after a kill: {sorted(seen)}")
    clear(api)


def healthy(system):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{system.url}/health").status_code == 200
    return False


def channels_of(api):
    """All channels, cheaply."""
    return api.get("/export").json()["channels"]


def test_a_batch_is_done_as_a_whole_and_answers_for_each_operation(own_system, api):
    first, second, third = (fresh_id("batch") for _ in range(3))
    api.channel(first)
    key = {"Idempotency-Key": fresh_id("once")}
    body = {"operations": [{"method": "create", "id": second}, {"method": "patch", "id": first, "body": {"name": "x"}},
                           {"method": "create", "body": {"id": third}}]}
    done = api.post("/channels/batch", body, headers=key)
    assert done.status_code == 200, done.text
    assert [i["id"] for i in done.json()["items"]] == [second, first, third]
    for item in done.json()["items"]:
        assert api.get(f"/channels/{item['id']}").json()["version"] == item["version"]
    again = api.post("/channels/batch", body, headers=key)
    assert again.headers["idempotency-replayed"] == "true" and again.json()["items"] == done.json()["items"]
    wrong = {"operations": [{"method": "delete", "id": second},
                            {"method": "patch", "id": first, "if_match": 1, "body": {"name": "y"}}]}
    refused = api.post("/channels/batch", wrong)
    assert refused.status_code == 412
    assert refused.json()["errors"][0]["field"] == "operations[1]"
    assert api.get(f"/channels/{second}").status_code == 200
    gone = api.post("/channels/batch", {"operations": [{"method": "delete", "id": i} for i in (first, second, third)]})
    assert gone.status_code == 200
    assert [i["version"] for i in gone.json()["items"]] == [None] * 3


def test_a_channel_may_be_called_batch(api):
    made = api.channel("batch")
    assert api.get(made.path).json()["id"] == "batch"
    options = api.client.request("OPTIONS", made.path)
    assert "POST" in options.headers["allow"] or "PATCH" in options.headers["allow"]
    made.delete()
