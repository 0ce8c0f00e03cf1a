"""Users, their sessions and what the audit log tells of them, through the public port."""

import base64
import urllib.parse

import httpx
import pytest
from sluicetest import logs
from sluicetest.api import Api, fresh_id


@pytest.fixture
def api(shared_system, contract):
    with contract.client(shared_system) as client:
        yield client


@pytest.fixture
def ann(api):
    """An operator."""
    user = api.user("operator")
    yield user
    api.delete(f"/users/{user['id']}")


@pytest.fixture
def signed_in(shared_system, contract, ann):
    page = Api.signed_in(shared_system.url, ann["username"], ann["password"])
    page.client.event_hooks["response"].append(contract.check)
    yield page
    page.close()


# Users

def test_a_user_is_made_changed_and_deleted(api):
    name = fresh_id("Bob")
    key = {"Idempotency-Key": name}
    body = {"username": name, "role": "viewer", "password": "bob's password"}
    made, again = (api.post("/users", body, headers=key) for _ in range(2))
    assert made.status_code == again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true" and again.json() == made.json()
    user, path = made.json(), made.headers["location"].removeprefix("/api/v1")
    assert user["username"] == name.lower() and user["enabled"] is True
    assert "password" not in made.text
    assert api.post("/users", body).status_code == 409
    changed = api.patch(path, {"role": "operator"}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["role"] == "operator" and changed.headers["etag"] != made.headers["etag"]
    assert api.patch(path, {"role": "viewer"}, headers={"If-Match": made.headers["etag"]}).status_code == 412
    # What is shown may have changed without the version: when somebody signed in last.
    assert api.get(path, headers={"If-None-Match": changed.headers["etag"]}).status_code == 200
    assert api.get("/users", params={"q": name}).json()["items"] == [changed.json()]
    assert api.delete(path, headers={"If-Match": made.headers["etag"]}).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("field, value", [("username", "a b"), ("username", "x" * 65), ("role", "root"),
                                          ("password", "short"), ("password", "x" * 201), ("colour", 1)])
def test_a_wrong_field_of_a_user_is_named(api, field, value):
    body = {"username": fresh_id("u"), "role": "viewer", "password": "long enough"} | {field: value}
    reply = api.post("/users", body)
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == [field]


def test_the_last_enabled_admin_stays(api):
    admin = api.get("/users", params={"q": "admin"}).json()["items"][0]
    path = f"/users/{admin['id']}"
    for refused in (api.delete(path), api.patch(path, {"enabled": False}), api.patch(path, {"role": "viewer"})):
        assert refused.status_code == 409, refused.text


# Sessions

def cookie_flags(reply):
    name, *flags = reply.headers["set-cookie"].split("; ")
    assert name.startswith("sluice_session=")
    return {flag.split("=")[0] for flag in flags}


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get(shared_system, contract, ann):
    for base, secure in ((shared_system.url, set()), (f"https://127.0.0.1:{shared_system.https}", {"Secure"})):
        page = Api(base)
        page.client.event_hooks["response"].append(contract.check)
        reply = page.sign_in(ann["username"].upper(), ann["password"])
        assert reply.status_code == 201
        assert cookie_flags(reply) == {"HttpOnly", "SameSite", "Path", "Max-Age"} | secure
        assert "SameSite=Strict" in reply.headers["set-cookie"]
        assert reply.json()["role"] == "operator" and reply.json()["current"] is True
        assert page.client.cookies["sluice_session"] not in reply.text
        assert page.get("/sessions/current").json()["user"] == {"id": ann["id"], "username": ann["username"]}
        assert page.get("/users/me").json()["last_login_at"]
        page.close()


@pytest.mark.parametrize("agent, shown", [(b"\xff\xfe browser", "\ufffd\ufffd browser"),
                                          (("a" * 199 + "日本").encode(), "a" * 199)])
def test_a_browser_may_call_itself_what_it_likes(api, ann, agent, shown):
    body = {"username": ann["username"], "password": ann["password"]}
    reply = api.client.post("/sessions", json=body, headers={"User-Agent": agent})
    assert reply.status_code == 201, reply.text
    assert reply.json()["agent"] == shown
    assert reply.json()["id"] in [s["id"] for s in api.get("/sessions", params={"limit": 1000}).json()["items"]]
    assert api.delete(f"/sessions/{reply.json()['id']}").status_code == 204


def test_who_has_not_signed_in_yet_can_ask_for_little(api):
    body = {f"field{n}": 1 for n in range(50_000)}
    assert api.post("/sessions", body).status_code == 413
    refused = api.post("/sessions", {f"f{n}": 1 for n in range(1000)})
    assert refused.status_code == 422 and len(refused.content) < 10_000
    assert refused.json()["errors"][-1] == {"field": "others", "message": "902 more are wrong"}


def test_guessing_the_current_password_is_slowed_down_and_noted(shared_system, contract, api):
    user = api.user("viewer")
    page = Api.signed_in(shared_system.url, user["username"], user["password"])
    page.client.event_hooks["response"].append(contract.check)
    guess = {"current": "a guess of mine", "new": "a new password"}
    answers = [page.post("/users/me/password", guess) for _ in range(15)]
    assert answers[0].status_code == 422 and answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    noted = api.get("/audit", params={"limit": 1000}).json()["items"]
    assert [e for e in noted if e["action"] == "user.password_refuse" and e["target"] == user["id"]]
    page.close()
    assert api.delete(f"/users/{user['id']}").status_code == 204


def test_the_answer_to_a_wrong_password_tells_nothing(api, ann):
    wrong = api.sign_in(ann["username"], "wrong password")
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    unknown = api.sign_in(fresh_id("nobody"), ann["password"])
    assert unknown.json() == wrong.json()


def test_a_change_by_cookie_must_come_from_a_page_of_this_host(shared_system, signed_in, channel):
    client = httpx.Client(cookies=signed_in.client.cookies, base_url=f"{shared_system.url}/api/v1")
    foreign = [{}, {"Origin": "https://evil.example.com"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"},
               {"Origin": f"http://127.0.0.1:{shared_system.https}"}]
    for headers in foreign:
        reply = client.patch(channel.path, json={"name": "forged"}, headers=headers)
        assert reply.status_code == 403, headers
    assert client.get(channel.path).json()["name"] == channel.id
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": shared_system.url}):
        assert client.patch(channel.path, json={"name": "mine"}, headers=headers).status_code == 200
    # Nor does another site's page read anything, or sign its visitor in as somebody else.
    assert "access-control-allow-origin" not in client.get("/channels", headers=foreign[1]).headers
    assert client.post("/sessions", json={"username": "x", "password": "y"}, headers=foreign[1]).status_code == 403


def test_a_token_goes_before_the_cookie(shared_system, signed_in):
    assert signed_in.get("/users").status_code == 403
    both = {"Authorization": f"Bearer {shared_system.token}"}
    assert signed_in.get("/users", headers=both).status_code == 200
    assert signed_in.get("/channels", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_cookie_opens_the_stream_of_events_too(signed_in, shared_system):
    url, cookies = f"{shared_system.url}/api/v1/events", dict(signed_in.client.cookies)
    with httpx.stream("GET", url, cookies=cookies) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
    with httpx.stream("GET", url, cookies={"sluice_session": "sls_wrong"}) as refused:
        assert refused.status_code == 401


def test_signing_out_ends_the_session_on_the_server(shared_system, signed_in):
    cookie = signed_in.client.cookies["sluice_session"]
    done = signed_in.delete("/sessions/current")
    assert done.status_code == 204 and "Max-Age=0" in done.headers["set-cookie"]
    assert httpx.get(f"{shared_system.url}/api/v1/channels", cookies={"sluice_session": cookie}).status_code == 401


def test_everybody_sees_his_own_sessions_and_an_admin_ends_any(api, shared_system, ann, signed_in):
    other = Api.signed_in(shared_system.url, ann["username"], ann["password"])
    own = signed_in.get("/sessions").json()["items"]
    assert len(own) == 2 and sum(s["current"] for s in own) == 1
    everybody = api.get("/sessions", params={"limit": 1000}).json()["items"]
    assert {s["id"] for s in own} <= {s["id"] for s in everybody}
    theirs = next(s for s in own if not s["current"])
    assert api.delete(f"/sessions/{theirs['id']}").status_code == 204
    assert other.get("/channels").status_code == 401
    assert signed_in.get(f"/sessions/{theirs['id']}").status_code == 404
    stranger = api.user()
    theirs = Api.signed_in(shared_system.url, stranger["username"], stranger["password"])
    assert theirs.delete(f"/sessions/{own[0]['id']}").status_code == 404
    assert len(theirs.get("/sessions").json()["items"]) == 1
    api.delete(f"/users/{stranger['id']}")


def test_a_new_password_ends_the_sessions_and_disabling_keeps_out(api, shared_system, ann, signed_in):
    wrong = signed_in.post("/users/me/password", {"current": "not it", "new": "a better password"})
    assert [e["field"] for e in wrong.json()["errors"]] == ["current"]
    done = signed_in.post("/users/me/password", {"current": ann["password"], "new": "a better password"})
    assert done.status_code == 204, done.text
    assert signed_in.get("/channels").status_code == 401
    assert api.sign_in(ann["username"], ann["password"]).status_code == 401
    again = Api.signed_in(shared_system.url, ann["username"], "a better password")
    assert api.patch(f"/users/{ann['id']}", {"enabled": False}).status_code == 200
    assert again.get("/channels").status_code == 401
    assert api.sign_in(ann["username"], "a better password").status_code == 401
    again.close()


def test_a_token_is_no_user(api):
    assert api.get("/users/me").status_code == 404
    assert api.post("/users/me/password", {"current": "x", "new": "long enough"}).status_code == 404
    assert api.get("/sessions/current").status_code == 404
    assert api.delete("/sessions/current").status_code == 404


def test_a_token_is_renamed_and_says_when_it_was_used(api, shared_system):
    made = api.post("/tokens", {"scope": "viewer", "name": "t"})
    path, etag = f"/tokens/{made.json()['id']}", made.headers["etag"]
    assert made.json()["created_by"] == {"kind": "token", "id": "admin", "name": ""}
    assert made.json()["last_used_at"] is None
    user = Api(shared_system.url, made.json()["secret"])
    assert user.get("/channels").status_code == 200
    assert api.get(path).json()["last_used_at"]
    renamed = api.patch(path, {"name": "u", "expires_at": "2020-01-01T00:00:00Z"}, headers={"If-Match": etag})
    assert renamed.json()["name"] == "u"
    assert user.get("/channels").status_code == 401
    assert api.patch(path, {"name": "v"}, headers={"If-Match": etag}).status_code == 412
    assert api.patch(path, {"scope": "admin"}).status_code == 422
    assert api.delete(path).status_code == 204


# Audit

def test_the_audit_log_tells_who_did_what_and_from_where(api, signed_in, ann, channel):
    assert signed_in.patch(channel.path, {"name": "x"}).status_code == 200
    api.sign_in(ann["username"], "wrong password")
    page = api.get("/audit", params={"target": ann["id"]}).json()["items"]
    assert [e["action"] for e in page] == ["session.refuse", "session.create", "user.create"]
    newest = api.get("/audit", params={"actor": ann["username"], "action": "channel.*"}).json()["items"]
    assert [(e["action"], e["target"], e["address"]) for e in newest] == [("channel.update", channel.id, "127.0.0.1")]
    number = newest[0]["number"]
    assert api.get(f"/audit/{number}").json() == newest[0]
    assert api.get("/audit/999999999").status_code == api.get("/audit/x").status_code == 404
    at = newest[0]["at"]
    assert number in [e["number"] for e in api.get("/audit", params={"from": at, "limit": 1000}).json()["items"]]
    assert number not in [e["number"] for e in api.get("/audit", params={"to": at, "limit": 1000}).json()["items"]]
    first = api.get("/audit", params={"limit": 1}).json()
    second = api.get("/audit", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"] + second["items"] == api.get("/audit", params={"limit": 2}).json()["items"]
    for query in ({"from": "yesterday"}, {"cursor": "x"}, {"colour": "red"}):
        reply = api.get("/audit", params=query)
        assert [e["field"] for e in reply.json()["errors"]] == list(query)


# Alone, because guessing slows its address down

def test_guessing_is_slowed_down_and_no_secret_is_ever_written(make_system):
    secrets = {"given": "SECRET-given-at-the-start", "user": "SECRET-of-a-user", "changed": "SECRET-that-is-new",
               "wrong": "SECRET-that-is-wrong", "name": "SECRET-in-the-wrong-field"}
    system = make_system(environment={"SLUICE_ADMIN_PASSWORD": secrets["given"]})
    api, page = system.api, Api.signed_in(system.url, "admin", secrets["given"])
    assert not (system.dir / "run/admin-password").exists()
    for pid in system.processes():
        title = (open(f"/proc/{pid}/cmdline").read(), open(f"/proc/{pid}/environ").read())
        assert secrets["given"] not in title[0]
        assert secrets["given"] not in title[1] or pid in (system.supervisor, system.controlplane())
    user = api.user("viewer", secrets["user"])
    cookie = Api.signed_in(system.url, user["username"], secrets["user"])
    token = api.post("/tokens", {"scope": "viewer"}).json()
    assert api.patch(f"/users/{user['id']}", {"password": secrets["changed"]}).status_code == 200
    assert page.post("/users/me/password", {"current": "wrong", "new": secrets["changed"]}).status_code == 422
    assert api.sign_in(secrets["name"], secrets["wrong"]).status_code == 401

    answers = [page.sign_in(user["username"], secrets["wrong"]) for _ in range(30)]
    assert {a.status_code for a in answers} == {401, 429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 6
    assert api.get("/channels").status_code == 200

    hidden = [*secrets.values(), token["secret"], page.client.cookies["sluice_session"],
              cookie.client.cookies["sluice_session"]]
    hidden += [urllib.parse.quote(h) for h in hidden] + [base64.b64encode(h.encode()).decode() for h in hidden]
    system.api.close()
    system.down()
    for path in system.dir.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert not [h for h in hidden if h.encode() in text], path
    assert logs.read(system.dir / "logs/control.log")
