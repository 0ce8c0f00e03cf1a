"""What each role may do: every operation of openapi.yaml states its scope, and asks for it on the public port."""

import re

import pytest
from sluicetest.api import Api
from sluicetest.contract import Contract
from sluicetest.publisher import Publisher, clip

SCOPES = ("open", "viewer", "operator", "admin")
METHODS = ("get", "post", "put", "patch", "delete")

OPERATIONS = [(method.upper(), path, what[method]) for path, what in Contract().document["paths"].items()
              for method in METHODS if method in what]


def test_every_operation_states_its_scope():
    assert [(method, path) for method, path, what in OPERATIONS if what.get("x-scope") not in SCOPES] == []
    assert [path for _, path, what in OPERATIONS if (what["x-scope"] == "open") != (what.get("security") == [])] == []


def status(caller, method, path, what):
    """Of a request that can do nothing: no document is called so, no JSON starts so, no version is 0."""
    base = "" if what["operationId"].startswith("legacy") else "/api/v1"
    url = caller.base + base + re.sub(r"\{[^}]*\}", "x", path)
    with caller.client.stream(method, url, content="[",
                              headers={"If-Match": '"0"', "Content-Type": "application/json"}) as reply:
        return reply.status_code


@pytest.fixture(params=["token", "cookie"])
def callers(request, shared_system, api):
    """One caller of each role, by scope; afterwards they are gone."""
    made, gone = {}, []
    for role in SCOPES[1:]:
        if request.param == "token":
            token = api.post("/tokens", {"scope": role}).json()
            made[role] = Api(shared_system.url, token["secret"])
            gone.append(f"/tokens/{token['id']}")
        else:
            user = api.user(role)
            made[role] = Api.signed_in(shared_system.url, user["username"], user["password"])
            gone.append(f"/users/{user['id']}")
    yield made
    for caller in made.values():
        caller.close()
    for path in gone:
        api.delete(path)


def test_every_operation_asks_for_its_scope(callers):
    for role, caller in callers.items():
        # The last one is that which takes the caller's own rights away.
        for method, path, what in sorted(OPERATIONS, key=lambda o: o[2]["operationId"] == "endCurrentSession"):
            allowed = SCOPES.index(role) >= SCOPES.index(what["x-scope"])
            found = status(caller, method, path, what)
            assert (found == 403) == (not allowed), (role, method, path, found)
            assert found != 401, (role, method, path)


def test_a_viewer_does_not_learn_where_an_encoder_is(shared_system, api, callers):
    channel = api.channel()
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")):
        shared_system.control.wait_state(channel.id, "live")
        seen = {role: caller.get(f"{channel.path}/status").json()["publisher"] for role, caller in callers.items()}
    channel.delete()
    assert seen["viewer"]["protocol"] == "rtmp" and "address" not in seen["viewer"]
    assert seen["operator"]["address"] == seen["admin"]["address"] == "127.0.0.1"


def test_without_credentials_only_open_operations_answer(shared_system):
    nobody = Api(shared_system.url)
    for method, path, what in OPERATIONS:
        found = status(nobody, method, path, what)
        assert (found == 401) == (what["x-scope"] != "open"), (method, path, found)
    reply = nobody.get("/channels")
    assert reply.headers["www-authenticate"].startswith("Bearer")
    nobody.close()


def test_a_viewer_sees_and_an_operator_changes(shared_system, api, channel):
    viewer, operator = (api.user(role) for role in ("viewer", "operator"))
    as_viewer, as_operator = (Api.signed_in(shared_system.url, u["username"], u["password"])
                              for u in (viewer, operator))
    assert as_viewer.get(channel.path).status_code == 200
    assert as_viewer.patch(channel.path, {"name": "by the viewer"}).status_code == 403
    assert as_operator.patch(channel.path, {"name": "by the operator"}).status_code == 200
    assert as_viewer.get(channel.path).json()["name"] == "by the operator"
    assert as_operator.get("/users").status_code == 403
    # A new role counts at once, without signing in again.
    assert api.patch(f"/users/{viewer['id']}", {"role": "operator"}).status_code == 200
    assert as_viewer.patch(channel.path, {"name": "by a new operator"}).status_code == 200
    entry = api.get("/audit", params={"target": channel.id, "limit": 1}).json()["items"][0]
    assert entry["by"] == {"kind": "user", "id": viewer["id"], "name": viewer["username"], "scope": "operator"}
    assert entry["after"] == {"name": "by a new operator"} | {k: entry["after"][k] for k in ("version", "updated_at")
                                                             if k in entry["after"]}
    for user in (viewer, operator):
        assert api.delete(f"/users/{user['id']}").status_code == 204
    assert as_viewer.get(channel.path).status_code == 401
