"""The API that programs had before: /videostream, /videostreams, /streamdns."""

import calendar
import json
import subprocess
import time

import httpx
import pytest
from sluicetest.api import fresh_id
from sluicetest.contract import Contract
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.refusal import expect_refused
from sluicetest.viewer import HttpFlv

SEED = ('{"isFlv":true,"isHls":false,"isVideo":false,"isImage":false,"isMotion":false,"isOnDemand":false,"isCMAF":false,'
        '"video_time":"60","image_time":"30","hls_time":"2","hls_list_size":"5","outdate":"2030-12-09"}')
OUTDATE_S = 1923004800  # 2030-12-09T00:00:00Z


@pytest.fixture(scope="module")
def contract():
    return Contract()


def client_of(system, contract, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=system.url, headers=headers, timeout=10, event_hooks={"response": [contract.check]})


@pytest.fixture
def older(shared_system, contract):
    """Every answer is one that openapi.yaml promises."""
    with client_of(shared_system, contract, shared_system.token) as client:
        yield client


@pytest.fixture
def stream(older):
    made = older.post("/videostream", json={"outdate": "2030-12-09"})
    assert made.status_code == 200, made.text
    yield made.json()
    older.delete(f"/videostream/{made.json()['id']}")


def name_of(item):
    return f"{item['id']}?sign={item['key']}"


def errors(reply):
    return [e["field"] for e in reply.json()["errors"]]


# The calls

def test_the_call_of_the_manual_works_as_typed_and_its_key_opens_a_push_at_once(shared_system, older):
    run = subprocess.run(
        ["curl", "-sS", "-d", SEED, "-H", "Content-Type: application/json", "-X", "POST", f"{shared_system.url}/videostream",
         "-H", f"Authorization: Bearer {shared_system.token}"], capture_output=True, check=True, timeout=20)
    item = json.loads(run.stdout)
    with Publisher(shared_system.rtmp, name_of(item), clip("avc_quick")) as push:
        assert push.accepted, push.status
    assert item["key"].startswith(f"{OUTDATE_S}-") and len(item["key"].split("-")[1]) == 32
    assert item | json.loads(SEED) == item
    assert older.delete(f"/videostream/{item['id']}").json() == "stream deleted"
    assert older.get(f"/videostream/{item['id']}").status_code == 404


def test_ffmpeg_pushes_and_a_viewer_plays(shared_system, older, stream):
    with Ffmpeg(f"{shared_system.rtmp_url}/{name_of(stream)}"):
        shared_system.control.wait_state(stream["id"], "live")
        with HttpFlv(shared_system.flv(stream["id"])) as viewer:
            viewer.read_key_frame()


def test_a_stream_is_made_read_listed_changed_and_deleted(older):
    id = fresh_id("older")
    made = older.post("/videostream", json={"id": id, "videoname": "gate", "isHls": "true", "colour": {"a": [1]}})
    assert made.status_code == 200, made.text
    item = made.json()
    assert (item["id"], item["videoname"], item["isHls"], item["colour"]) == (id, "gate", "true", {"a": [1]})
    assert older.get(f"/videostream/{id}").json() == item
    assert item in older.get("/videostream").json()
    listed = older.get("/videostreams").json()
    assert listed["statusCode"] == 200 and item in listed["data"]
    changed = older.put(f"/videostream/{id}", json={"isHls": False, "hls_time": "4"})
    assert changed.status_code == 200
    assert changed.json() == item | {"isHls": False, "hls_time": "4"}
    gone = older.delete(f"/videostream/{id}")
    assert (gone.status_code, gone.json()) == (200, "stream deleted")
    assert older.put(f"/videostream/{id}", json={}).status_code == 404
    assert older.delete(f"/videostream/{id}").status_code == 404


def test_each_api_shows_the_changes_of_the_other_and_loses_none(older, api, stream):
    id = stream["id"]
    older.put(f"/videostream/{id}", json={"secret_note": "x", "isHls": "true", "relayURL": "rtmp://a.example/1,rtmp://b.example/2"})
    channel = api.get(f"/channels/{id}").json()
    assert channel["outputs"]["hls"] is True
    assert [relay["url"] for relay in channel["relays"]] == ["rtmp://a.example/1", "rtmp://b.example/2"]
    assert "secret_note" not in json.dumps(channel)
    changed = api.patch(f"/channels/{id}", {"outputs": {"hls": False}, "transcode": {"custom": [{"name": "own"}]},
                                            "watermark": {"text": {"right": 5}}})
    assert changed.status_code == 200, changed.text
    item = older.get(f"/videostream/{id}").json()
    assert item["isHls"] is False
    assert item["secret_note"] == "x"
    back = older.put(f"/videostream/{id}", json=item)
    assert back.json() == item
    after = api.get(f"/channels/{id}").json()
    for field in ("version", "updated_at", "applied"):
        after.pop(field, None)
    assert after.items() <= changed.json().items()
    replaced = api.put(f"/channels/{id}", {"name": "anew"})
    assert replaced.status_code == 200
    assert older.get(f"/videostream/{id}").json()["secret_note"] == "x"
    assert api.patch(f"/channels/{id}", {"~legacy": {}}).status_code == 422
    assert api.post("/channels", {"~legacy": {}}).status_code == 422


def test_an_unknown_field_of_any_name_shows_no_secret_in_the_other_api(older, api):
    key = "a-secret-ingest-key"
    item = older.post("/videostream", json={"x": {"a": 1, "~secrets": 2}}).json()
    assert api.patch(f"/channels/{item['id']}", {"ingest": {"key": key}}).status_code == 200
    listed = api.get("/channels", params={"q": item["id"]})
    assert [channel["id"] for channel in listed.json()["items"]] == [item["id"]]
    assert key not in listed.text and "~secrets" not in listed.text
    older.delete(f"/videostream/{item['id']}")


def test_the_key_changes_with_the_date_and_a_past_one_ends_the_stream(shared_system, older, stream):
    path = f"/videostream/{stream['id']}"
    later = older.put(path, json={"outdate": "2031/1/9"}).json()
    assert later["outdate"] == "2031/1/9"
    assert later["key"] != stream["key"]
    with Publisher(shared_system.rtmp, name_of(later), clip("avc_quick")) as push:
        assert push.accepted
        shared_system.control.wait_state(stream["id"], "live")
        past = older.put(path, json={"outdate": "2022-12-09"})
        assert past.status_code == 200
        assert push.ended.wait(5)
    assert past.json()["key"].startswith("1670544000-")
    expect_refused(shared_system, name_of(past.json()), "expired", channel=stream["id"])
    expect_refused(shared_system, name_of(later), "expired", channel=stream["id"])
    assert older.put(path, json={"outdate": "2031/1/9"}).json()["key"] == later["key"]
    with Publisher(shared_system.rtmp, name_of(later), clip("avc_quick")) as push:
        assert push.accepted


def test_the_streams_that_are_live_are_listed(shared_system, older, stream):
    other = older.post("/videostream", json={}).json()
    with Publisher(shared_system.rtmp, name_of(stream), clip("avc_quick")):
        shared_system.control.wait_state(stream["id"], "live")
        online = older.get("/videostreams/online").json()
        assert online["statusCode"] == 200
        items = {item["id"]: item for item in online["data"]}
        assert other["id"] not in items
        item = items[stream["id"]]
        assert (item["UUID"], item["Name"]) == (stream["id"], stream["videoname"])
        started = calendar.timegm(time.strptime(item["startTime"], "%Y-%m-%d %H:%M"))
        assert 0 <= time.time() - started < 120
    older.delete(f"/videostream/{other['id']}")


def test_a_long_list_goes_on_at_the_address_it_names(older):
    made = [older.post("/videostream", json={"id": fresh_id("page")}).json() for _ in range(5)]
    found, target, pages = [], "/videostream?q=page-&limit=2", 0
    while target:
        page = older.get(target)
        assert page.status_code == 200
        found += page.json()
        pages += 1
        link = page.headers.get("link", "")
        target = link.split(">")[0].removeprefix("<") if link else None
    assert found == sorted(made, key=lambda item: item["id"])
    assert pages == 3
    for query in ("limit=0", "limit=10001", "colour=1"):
        assert older.get(f"/videostream?{query}").status_code == 422
    for item in made:
        older.delete(f"/videostream/{item['id']}")


# Errors and headers

@pytest.mark.parametrize(("body", "status", "fields"), [
    ('{"outdate":"2030-02-30"}', 422, ["outdate"]),
    ('{"hls_time":-1}', 422, ["hls_time"]),
    ('{"video_time":"lots"}', 422, ["video_time"]),
    ('{"videoname":"%s"}' % ("x" * 300), 422, ["videoname"]),
    ('{"isFlv":[true]}', 400, ["isFlv"]),
    ('{"isRelay":"true"}', 422, ["relayURL"]),
    ('{"id":"a b"}', 422, ["id"]),
    ('{"id":"videostream"}', 422, ["id"]),
    ('{"id":7}', 400, ["id"]),
    ("[]", 400, ["body"]),
    ('{"x":"%s"}' % ("x" * 66000), 422, ["body"]),
    (json.dumps({f"x{n}": n for n in range(201)}), 422, ["body"]),
])
def test_what_is_wrong_is_named(older, body, status, fields):
    reply = older.post("/videostream", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert errors(reply) == fields


def test_a_stream_that_is_there_is_not_made_again(older, stream):
    again = older.post("/videostream", json={"id": stream["id"]})
    assert (again.status_code, errors(again)) == (409, ["id"])
    other = older.put(f"/videostream/{stream['id']}", json={"id": "another"})
    assert (other.status_code, errors(other)) == (422, ["id"])


def test_methods_versions_and_head_are_those_of_the_whole_service(older, stream):
    path = f"/videostream/{stream['id']}"
    head, get = older.head(path), older.get(path)
    assert head.status_code == 200 and head.headers["content-length"] == get.headers["content-length"]
    assert older.request("OPTIONS", path).headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    refused = older.request("PATCH", path)
    assert refused.status_code == 405 and "PUT" in refused.headers["allow"]
    etag = get.headers["etag"]
    assert older.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert older.put(path, json={"videoname": "x"}, headers={"If-Match": etag}).status_code == 200
    assert older.put(path, json={"videoname": "y"}, headers={"If-Match": etag}).status_code == 412
    assert older.delete(path, headers={"If-Match": etag}).status_code == 412


def test_a_repeated_post_makes_one_stream(older):
    headers = {"Idempotency-Key": fresh_id("older-once")}
    first, again = (older.post("/videostream", json={"isHls": "true"}, headers=headers) for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert older.post("/videostream", json={"isHls": "false"}, headers=headers).status_code == 422
    older.delete(f"/videostream/{first.json()['id']}")
    assert older.post("/videostream", json={"isHls": "true"}, headers=headers).status_code == 410


# Host names

def test_the_host_names_of_push_and_play_addresses_are_set(shared_system, older, api, stream):
    asked = older.get("/streamdns", headers={"Host": "tv.example.com"}).json()
    assert asked == {"pullDNS": "tv.example.com", "pushDNS": "tv.example.com"}
    names = {"pullDNS": "play.example.com", "pushDNS": "push.example.com"}
    try:
        assert older.post("/streamdns", json=names).json() == names
        assert older.get("/streamdns").json() == names
        urls = api.get(f"/channels/{stream['id']}/urls").json()
        assert f"//push.example.com:{shared_system.rtmp}/" in urls["push"]["rtmp"]
        assert f"//play.example.com:{shared_system.rtmp}/" in urls["play"]["rtmp"]
        assert "//play.example.com:" in urls["play"]["flv"]
        assert older.post("/streamdns", json={"pushDNS": ""}).json()["pullDNS"] == "play.example.com"
        assert api.get("/settings").json()["push_host"] is None
    finally:
        older.post("/streamdns", json={"pullDNS": None, "pushDNS": None})
    for body, status in (({"pullDNS": "http://x/"}, 422), ({"pullDNS": 1}, 400), ([], 400)):
        reply = older.post("/streamdns", json=body)
        assert reply.status_code == status
        assert errors(reply) == (["pullDNS"] if body else ["body"])


# Who may do what

ROUTES = {
    "viewer": [("GET", "/videostream"), ("GET", "/videostream/{id}"), ("GET", "/videostreams"),
               ("GET", "/videostreams/online"), ("GET", "/streamdns")],
    "operator": [("POST", "/videostream"), ("PUT", "/videostream/{id}"), ("DELETE", "/videostream/{id}")],
    "admin": [("POST", "/streamdns")],
}


def test_every_route_asks_for_its_scope_and_a_viewer_sees_no_key(shared_system, contract, older, api, stream):
    older.put(f"/videostream/{stream['id']}", json={"relayURL": "rtmp://a.example/stream-key"})
    for held, scope in enumerate(ROUTES):
        token = api.post("/tokens", {"scope": scope}).json()
        with client_of(shared_system, contract, token["secret"]) as caller:
            for wanted, routes in enumerate(ROUTES.values()):
                for method, path in routes:
                    # A precondition that never holds keeps what is allowed from being done.
                    reply = caller.request(method, path.replace("{id}", stream["id"]), content="[",
                                           headers={"If-Match": '"0"', "Content-Type": "application/json"})
                    assert (reply.status_code == 403) == (held < wanted), (scope, method, path, reply.text)
                    assert reply.status_code != 401
                    assert scope != "viewer" or ("stream-key" not in reply.text and stream["key"] not in reply.text)
        api.delete(f"/tokens/{token['id']}")
    with client_of(shared_system, contract) as nobody:
        for method, path in sum(ROUTES.values(), []):
            assert nobody.request(method, path.replace("{id}", stream["id"])).status_code == 401, (method, path)


def test_it_can_be_opened_to_everybody_and_the_rest_stays_closed(shared_system, contract, older, api):
    with client_of(shared_system, contract) as nobody:
        try:
            assert api.patch("/settings", {"legacy_api_open": True}).status_code == 200
            made = nobody.post("/videostream", content=SEED, headers={"Content-Type": "application/json"})
            assert made.status_code == 200, made.text
            item = made.json()
            with Publisher(shared_system.rtmp, name_of(item), clip("avc_quick")) as push:
                assert push.accepted
            path = f"/videostream/{item['id']}"
            assert nobody.put(path, json={"videoname": "open"}).json()["videoname"] == "open"
            assert nobody.post("/streamdns", json={}).status_code == 200
            for closed in ("/api/v1/channels", "/api/v1/settings", "/metrics", "//videostream/../api/v1/channels"):
                assert nobody.get(closed).status_code == 401, closed
            # What a page of another site can make a browser send.
            simple = nobody.post("/videostream", content="{}", headers={"Content-Type": "text/plain"})
            assert simple.status_code == 401
            untyped = nobody.post("/videostream", content=b"{}")
            assert untyped.status_code == 401
            assert nobody.delete(path).status_code == 200
        finally:
            assert api.patch("/settings", {"legacy_api_open": False}).status_code == 200
        assert nobody.get("/videostream").status_code == 401
