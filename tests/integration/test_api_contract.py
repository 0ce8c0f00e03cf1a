"""The REST API as a client sees it, through nginx's public port."""

import contextlib
import time

import httpx
import pytest
from sluicetest.api import fresh_id
from sluicetest.publisher import Publisher, clip


@pytest.fixture
def api(shared_system, contract):
    with contract.client(shared_system) as client:
        yield client


# Lists

def ids_of(api, **query):
    """The ids of a whole list, page by page."""
    found, cursor = [], None
    while True:
        reply = api.get("/channels", params=query | ({"cursor": cursor} if cursor else {}))
        assert reply.status_code == 200, reply.text
        page = reply.json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_list_can_be_asked_for_the_channels_that_are_live(shared_system, api):
    first, second, third = (api.channel(fresh_id(f"state-{n}")) for n in "abc")
    with (Publisher(shared_system.rtmp, first.name(), clip("avc_quick")),
          Publisher(shared_system.rtmp, third.name(), clip("avc_quick"))):
        for channel in (first, third):
            shared_system.control.wait_state(channel.id, "live")
        live = ids_of(api, state="live", q="state-", limit=1)
        assert live == [first.id, third.id]
        assert second.id in ids_of(api, state="idle", q="state-")
        assert first.id not in ids_of(api, state="idle")
        page = api.get("/channels", params={"state": "live", "q": first.id}).json()
        assert page["items"] == [api.get(first.path).json()]
    for channel in (first, second, third):
        channel.delete()


@pytest.mark.parametrize("state", ["gone", "LIVE", "live,idle"])
def test_a_state_that_is_none_is_refused(api, state):
    reply = api.get("/channels", params={"state": state})
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == ["state"]


# Names

@pytest.mark.parametrize("id", ["频道" * 12, "é", "a b", "a" * 65, "api", ""])
def test_an_id_that_no_address_can_name_is_refused(api, id):
    reply = api.post("/channels", {"id": id})
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == ["id"]


# Headers

@pytest.mark.parametrize("header", [
    {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"},
    {"Cookie": "a"},
    {"Cache-Control": "no-cache, foo=bar"},
    {"Date": "junk"},
    {"Content-Encoding": "x"},
    {"Content-Type": "application/json; charset"},
])
def test_no_header_of_a_legal_client_is_a_reason_to_refuse(api, header):
    assert api.get("/channels", params={"limit": 1}, headers=header).status_code == 200
    made = api.client.post("/channels", content="{}", headers={"Content-Type": "application/json"} | header)
    assert made.status_code == 201, made.text
    api.delete(f"/channels/{made.json()['id']}")


# Versions

def test_a_body_may_come_in_chunks(api):
    """nginx collects it: behind it every body has a length."""
    name = fresh_id("chunks")
    body = iter([b'{"id":', f' "{name}"}}'.encode()])
    reply = api.client.post("/channels", content=body, headers={"Content-Type": "application/json"})
    assert reply.request.headers["transfer-encoding"] == "chunked"
    assert reply.status_code == 201, reply.text
    assert api.get(f"/channels/{name}").status_code == 200
    api.delete(f"/channels/{name}")


def test_a_change_with_an_old_etag_is_refused_and_a_read_with_the_current_one_is_short(api, channel):
    first = api.get(channel.path)
    etag = first.headers["etag"]
    assert api.get(channel.path, headers={"If-None-Match": etag}).status_code == 304
    changed = api.patch(channel.path, {"name": "x"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    assert api.get(channel.path, headers={"If-None-Match": etag}).status_code == 200
    for stale in (api.patch(channel.path, {"name": "y"}, headers={"If-Match": etag}),
                  api.put(channel.path, {}, headers={"If-Match": etag}),
                  api.delete(channel.path, headers={"If-Match": etag})):
        assert stale.status_code == 412, stale.text


def test_a_channel_made_anew_is_not_deleted_with_the_etag_of_the_one_before(api):
    path = f"/channels/{fresh_id()}"
    etag = api.post("/channels", {"id": path.rsplit("/", 1)[1]}).headers["etag"]
    gone = api.delete(path, headers={"If-Match": etag})
    assert gone.status_code == 204 and gone.headers["sluice-applied"] in ("applied", "pending")
    made = api.post("/channels", {"id": path.rsplit("/", 1)[1]})
    assert made.headers["location"] == f"/api/v1{path}"
    assert api.delete(path, headers={"If-Match": etag}).status_code == 412
    assert api.delete(path, headers={"If-Match": made.headers["etag"]}).status_code == 204


def test_a_list_of_etags_holds_when_one_of_them_does(api):
    etag = api.get("/settings").headers["etag"]
    assert api.patch("/settings", {}, headers={"If-Match": f'{etag}, "999999"'}).status_code == 200
    assert api.patch("/settings", {}, headers={"If-Match": '"999999", "999998"'}).status_code == 412


# Once only

def test_a_repeated_post_is_answered_again_and_done_once(api, channel):
    key = {"Idempotency-Key": fresh_id("once")}
    for path, body in (("/channels", {}), ("/tokens", {"scope": "viewer"}),
                       (f"{channel.path}/actions/rotate-key", {})):
        first, again = (api.post(path, body, headers=key) for _ in range(2))
        assert first.status_code == again.status_code, again.text
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        answer = first.json()
        answer.pop("secret", None)
        assert again.json() | {"applied": ""} == answer | {"applied": ""}
        assert again.headers.get("etag") == first.headers.get("etag")
        assert again.headers.get("location") == first.headers.get("location")
        other = api.post(path, {"other": 1}, headers=key)
        assert other.status_code == 422
        assert [e["field"] for e in other.json()["errors"]] == ["Idempotency-Key"]
        if "location" in first.headers:
            assert api.delete(first.headers["location"].removeprefix("/api/v1")).status_code == 204


# Pages

@pytest.mark.parametrize("path", ["/channels", "/tokens", "/config/generations", "/users", "/sessions", "/backups"])
def test_every_list_pages_and_refuses_what_it_does_not_know(api, path):
    for query in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"cursor": "x" * 300}, {"colour": 1}):
        reply = api.get(path, params=query)
        assert reply.status_code == 422, (query, reply.text)
        assert [e["field"] for e in reply.json()["errors"]] == list(query)
    with three_more(api, path):
        whole = api.get(path, params={"limit": 1000}).json()
        assert whole["next_cursor"] is None and len(whole["items"]) >= 3
        found, pages, query = [], 0, {"limit": 1}
        while True:
            page = api.get(path, params=query).json()
            assert len(page["items"]) <= 1
            found += page["items"]
            pages += 1
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert found == whole["items"] and pages >= 3


def test_a_cursor_of_one_list_means_nothing_to_another(api):
    with three_more(api, "/tokens"), three_more(api, "/users"):
        cursor = api.get("/tokens", params={"limit": 1}).json()["next_cursor"]
        assert api.get("/tokens", params={"limit": 1, "cursor": cursor}).status_code == 200
        for path in ("/users", "/channels", "/backups", "/audit", "/sessions", "/config/generations", "/webhooks"):
            refused = api.get(path, params={"cursor": cursor})
            assert refused.status_code == 422, path
            assert [e["field"] for e in refused.json()["errors"]] == ["cursor"]


@contextlib.contextmanager
def three_more(api, path):
    """Three items of the list at `path`, for as long as it takes."""
    if path == "/config/generations":
        usual = api.get("/settings").json()["limits"]["worker_connections"]
        for connections in (usual + 1, usual + 2, usual):
            assert api.patch("/settings", {"limits": {"worker_connections": connections}}).status_code == 200
        yield
        return
    bodies = {"/channels": {}, "/tokens": {"scope": "viewer"}, "/backups": {}}
    made, users = [], []
    for _ in range(3):
        if path in bodies:
            made.append(api.post(path, bodies[path]).json()["id"])
            continue
        users.append(api.user())
        if path == "/sessions":
            signed_in = api.client.post("/sessions", json={k: users[-1][k] for k in ("username", "password")})
            assert signed_in.status_code == 201
    yield
    for id in made:
        assert api.delete(f"{path}/{id}").status_code == 204
    for user in users:
        assert api.delete(f"/users/{user['id']}").status_code == 204


@pytest.mark.parametrize("method, path", [
    ("GET", "/channels/{id}/urls"), ("GET", "/channels/{id}/status"), ("GET", "/channels/{id}"), ("POST", "/channels"),
    ("PATCH", "/channels/{id}"), ("PUT", "/channels/{id}"), ("DELETE", "/channels/{id}"), ("GET", "/settings"),
    ("POST", "/tokens"), ("POST", "/channels/{id}/actions/kick")])
def test_a_parameter_that_nobody_knows_is_refused_before_anything_is_done(api, channel, method, path):
    before = api.get("/channels", params={"limit": 1000}).json()
    body = None if method in ("GET", "DELETE") else {"scope": "viewer"} if path == "/tokens" else {}
    reply = api.client.request(method, path.format(id=channel.id), params={"valid": "60"}, json=body)
    assert reply.status_code == 422, reply.text
    assert [e["field"] for e in reply.json()["errors"]] == ["valid"]
    assert api.get("/channels", params={"limit": 1000}).json() == before


# Errors

def test_an_error_is_a_problem_document_in_the_callers_language(api, channel):
    problems = {
        404: api.get("/nothing"),
        405: api.client.request("DELETE", "/channels"),
        400: api.client.post("/channels", content="{", headers={"Content-Type": "application/json"}),
        413: api.client.post("/channels", content=b" " * (2 << 20)),
        415: api.client.post("/channels", content="<a/>", headers={"Content-Type": "application/xml"}),
        422: api.post("/channels", {"colour": 1}),
        409: api.post(f"{channel.path}/actions/kick"),
    }
    for status, reply in problems.items():
        assert reply.status_code == status, reply.text
        assert reply.headers["content-type"] == "application/problem+json"
        assert {"title", "detail", "status"} <= reply.json().keys()
    assert "GET" in problems[405].headers["allow"]
    for language in ("zh-CN,zh;q=0.9", "en;q=0.5, zh"):
        chinese = api.get("/nothing", headers={"Accept-Language": language})
        assert chinese.json()["title"] == "未找到"
        assert chinese.headers["content-language"] == "zh"


def test_a_method_that_nobody_knows_is_told_which_there_are(api, channel):
    for method in ("PROPFIND", "TRACE", "LOCK"):
        reply = api.client.request(method, channel.path)
        assert reply.status_code == 405, (method, reply.text)
        assert reply.headers["content-type"] == "application/problem+json"
        assert "PATCH" in reply.headers["allow"]
    assert api.client.request("PROPFIND", "/nothing").status_code == 404


def test_an_address_above_the_api_is_a_problem_too(api):
    reply = api.client.get(f"{api.base}/api")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("accept, status", [("text/html", 406), ("application/json;q=0", 406), ("*/*", 200),
                                            ("application/*", 200), ("application/problem+json", 200),
                                            ("text/html, */*;q=0.1", 200)])
def test_who_takes_no_json_gets_none(api, channel, accept, status):
    headers = {"Accept": accept}
    assert api.get(channel.path, headers=headers).status_code == status
    made = api.client.patch(channel.path, json={"name": "changed"}, headers=headers)
    assert made.status_code == status
    assert api.get(channel.path).json()["name"] == ("changed" if status == 200 else channel.id)


def test_many_wrong_fields_get_a_short_answer_and_long_names_whole_characters(api):
    reply = api.post("/channels", {f"field{n}": 1 for n in range(20_000)})
    assert reply.status_code == 422 and len(reply.content) < 20_000
    assert reply.json()["errors"][-1] == {"field": "others", "message": "19900 more are wrong"}
    name = "a" + "频" * 40
    for path, body in (("/channels", {name: 1}), ("/import?dry_run=true", {"version": 1, "channels": [{"id": "a", name: 1}]}),
                       ("/import?dry_run=true", {"version": 1, "channels": [], name: 1})):
        refused = api.post(path, body)
        assert refused.status_code in (200, 400, 422), refused.text
        assert "a频频" in refused.text


def test_a_document_that_is_no_object_is_named(api, channel):
    for path in ("/settings", channel.path):
        reply = api.patch(path, [])
        assert reply.status_code == 400
        assert [e["field"] for e in reply.json()["errors"]] == ["body"]


def test_a_key_is_rotated_to_the_one_given_or_refused_by_its_own_name(api, channel):
    wrong = api.post(f"{channel.path}/actions/rotate-key", {"key": "has space"})
    assert wrong.status_code == 422
    assert [e["field"] for e in wrong.json()["errors"]] == ["key"]
    done = api.post(f"{channel.path}/actions/rotate-key", {"key": "brought-along"})
    assert done.status_code == 200
    assert "key" not in done.json()["ingest"]


# Addresses

def signature_ends(url):
    return int(url.split("?sign=")[1].split("-")[0])


def test_addresses_name_the_host_of_the_request_and_can_be_good_for_a_while(shared_system, api, channel):
    urls = channel.urls()
    assert f"//127.0.0.1:{shared_system.rtmp}/" in urls["push"]["rtmp"]
    named = api.get(f"{channel.path}/urls", headers={"Host": "tv.example.com"}).json()
    assert f"//tv.example.com:{shared_system.rtmp}/" in named["push"]["rtmp"]
    assert signature_ends(urls["push"]["rtmp"]) > time.time() + 86400
    short = api.get(f"{channel.path}/urls", params={"valid_s": 60}).json()
    assert 0 < signature_ends(short["push"]["rtmp"]) - time.time() <= 61
    for wrong in ("0", "x", "99999999999"):
        reply = api.get(f"{channel.path}/urls", params={"valid_s": wrong})
        assert reply.status_code == 422
        assert [e["field"] for e in reply.json()["errors"]] == ["valid_s"]


# Health and metrics

def test_health_needs_no_token_and_names_each_part(shared_system, contract):
    reply = httpx.get(f"{shared_system.url}/api/v1/health")
    contract.check(reply)
    assert reply.json() | {"version": ""} == {
        "status": "ok", "version": "", "store": "ok", "nginx": "ok", "snapshot": "ok", "configuration": "in_force",
        "reason": None}


def test_metrics_hold_what_nginx_counts(api):
    text = api.get("/metrics").text
    assert "\nsluice_nginx_up 1\n" in text
    assert "\nsluice_snapshot_pending 0\n" in text
    for name in ("sluice_streams", "sluice_viewers", "sluice_out_bytes_total", "sluice_viewer_skips_total"):
        assert f"\n# TYPE {name} " in text
    types = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types))


# Actions

def test_kicking_ends_the_session_or_says_that_there_is_none(shared_system, api, channel):
    assert api.post(f"{channel.path}/actions/kick").status_code == 409
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")) as push:
        shared_system.control.wait_state(channel.id, "live")
        assert api.post(f"{channel.path}/actions/kick", {"reason": "test"}).status_code == 202
        noted = api.get("/audit", params={"action": "channel.kick", "target": channel.id}).json()["items"]
        assert [entry["after"] for entry in noted] == [{"reason": "test"}]
        assert push.ended.wait(5)
