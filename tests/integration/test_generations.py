"""Configurations of nginx: what they were made of, what they changed, and the way back."""

import contextlib
import socket
import stat
import subprocess

import pytest
from sluicetest.api import Api, fresh_id
from sluicetest.crowd import Crowd
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import accepts, free_ports, wait_for


@pytest.fixture
def api(own_system, contract):
    with contract.client(own_system, timeout=30) as client:
        yield client


def current(api):
    return api.get("/config/generations", params={"limit": 1}).json()["items"][0]["generation"]


def change(api, **limits):
    reply = api.patch("/settings", {"limits": limits})
    assert reply.status_code == 200, reply.text
    return current(api)


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=example",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    return {"certificate": (folder / "cert.pem").read_text(), "private_key": (folder / "key.pem").read_text()}


def test_a_generation_tells_its_settings_and_who_made_it(own_system, api):
    token = api.post("/tokens", {"scope": "admin", "name": "maker"}).json()
    maker = Api(own_system.url, token["secret"])
    number = change(maker, viewers_per_address=77)
    maker.close()
    told = api.get(f"/config/generations/{number}").json()
    assert told["state"] == "in_force" and told["settings"]["limits"]["viewers_per_address"] == 77
    assert told["by"] == [{"kind": "token", "id": token["id"], "name": "maker"}]
    assert "private_key" not in told["settings"]["tls"]


def test_a_difference_names_paths_and_lines(own_system, api):
    first = change(api, viewers_per_address=5)
    second = change(api, viewers_per_address=6, max_body_bytes=2 << 20)
    diff = api.get(f"/config/generations/{second}/diff", params={"against": first}).json()
    assert {d["path"]: (d["before"], d["after"]) for d in diff["settings"]} == {
        "limits.viewers_per_address": (5, 6), "limits.max_body_bytes": (1 << 20, 2 << 20)}
    text = diff["files"][0]["diff"]
    assert "\n-        limit_conn sluice_viewers 5;\n" in text and "\n+        limit_conn sluice_viewers 6;\n" in text
    same = api.get(f"/config/generations/{second}/diff").json()
    assert same["against"] == second and same["settings"] == [] and same["files"][0]["diff"] == ""
    for wrong in ("x", "0", "-1"):
        assert api.get(f"/config/generations/{second}/diff", params={"against": wrong}).status_code == 422


def test_going_back_brings_certificate_and_key_with_it_and_disturbs_nobody(own_system, api, tmp_path):
    system = own_system
    own = make_certificate(tmp_path)
    assert api.patch("/settings", {"tls": own}).status_code == 200
    good = current(api)
    plain = api.patch("/settings", {"tls": {"certificate": None}, "limits": {"viewers_per_address": 50}})
    assert plain.json()["tls"]["self_signed"] and plain.json()["tls"]["certificate"] is None
    channel = api.channel(fresh_id("back"))
    with Publisher(system.rtmp, channel.name(), clip("avc_light")) as push, Crowd() as crowd:
        system.control.wait_state(channel.id, "live")
        crowd.add(system.flv(channel.id), 5)
        before = current(api)
        stale = api.post(f"/config/generations/{good}/rollback", headers={"If-Match": '"1"'})
        assert stale.status_code == 412 and current(api) == before
        key = {"Idempotency-Key": fresh_id("back")}
        back = api.post(f"/config/generations/{good}/rollback", headers=key)
        assert back.status_code == 200, back.text
        assert back.headers["etag"] == f'"{back.json()["version"]}"'
        assert back.json()["tls"]["certificate"] == own["certificate"]
        assert current(api) == before + 1
        again = api.post(f"/config/generations/{good}/rollback", headers=key)
        assert again.headers["idempotency-replayed"] == "true" and current(api) == before + 1
        tags = [m.tags for m in crowd.members]
        wait_for(lambda: all(m.tags > t + 5 for m, t in zip(crowd.members, tags)), 10, "the stream to go on")
        assert not crowd.faults() and not push.ended.is_set()
    folder = system.dir / "nginx" / f"gen-{current(api):06d}"
    assert (folder / "private_key.pem").read_text() == own["private_key"]
    for secret in ("private_key.pem", "origin.json"):
        assert stat.S_IMODE((folder / secret).stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in back.text
    assert "PRIVATE KEY" not in api.get(f"/config/generations/{current(api)}").text
    assert "PRIVATE KEY" not in api.get(f"/config/generations/{before}/diff").text
    channel.delete()


def test_a_secret_that_changed_alone_shows_without_its_value(api, tmp_path):
    own = make_certificate(tmp_path)
    assert api.patch("/settings", {"tls": own}).status_code == 200
    first = current(api)
    other = subprocess.run(["openssl", "rsa", "-traditional", "-in", tmp_path / "key.pem"], check=True,
                           capture_output=True, text=True).stdout
    assert other != own["private_key"]
    assert api.patch("/settings", {"tls": own | {"private_key": other}}).status_code == 200
    reply = api.get(f"/config/generations/{current(api)}/diff", params={"against": first})
    assert reply.json()["settings"] == [
        {"path": "tls.private_key", "before": "(secret)", "after": "(secret, changed)"}]
    assert "PRIVATE KEY" not in reply.text


@contextlib.contextmanager
def undisturbed(system, api):
    """Who publishes and who watches meanwhile is not disconnected."""
    channel = api.channel(fresh_id("back"))
    with Publisher(system.rtmp, channel.name(), clip("avc_light")) as push, Crowd() as crowd:
        system.control.wait_state(channel.id, "live")
        crowd.add(system.flv(channel.id), 2)
        yield
        tags = [m.tags for m in crowd.members]
        wait_for(lambda: all(m.tags > t + 5 for m, t in zip(crowd.members, tags)), 10, "the stream to go on")
        assert not crowd.faults() and not push.ended.is_set()
    channel.delete()


@pytest.fixture
def moved(own_system, api):
    """RTMP has another port than in the generation before: that one, and its port."""
    number, port = current(api), own_system.rtmp
    [own_system.rtmp] = free_ports(1)
    assert api.patch("/settings", {"rtmp_port": own_system.rtmp}).status_code == 200
    wait_for(lambda: accepts(own_system.rtmp) and not accepts(port), 10, "RTMP at its new port")
    return number, port


def test_going_back_to_a_port_that_is_taken_meanwhile_is_refused_and_all_stays(own_system, api, moved):
    number, port = moved
    settings, generation = api.get("/settings").json(), current(api)
    with undisturbed(own_system, api), socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("0.0.0.0", port))
        taken.listen()
        refused = api.post(f"/config/generations/{number}/rollback")
        assert refused.status_code == 409 and "rtmp_port" in refused.text, refused.text
    assert api.get("/settings").json() == settings
    with undisturbed(own_system, api):
        assert current(api) >= generation


def test_going_back_from_a_change_of_ports_disturbs_nobody(own_system, api, moved):
    number, port = moved
    with undisturbed(own_system, api):
        back = api.post(f"/config/generations/{number}/rollback")
        assert back.status_code == 200 and back.json()["rtmp_port"] == port
        own_system.rtmp = port
        wait_for(lambda: accepts(port), 10, "RTMP at its old port")
    with undisturbed(own_system, api):
        pass


def test_what_can_not_be_gone_back_to_is_said(own_system, api):
    for path in ("/config/generations/999999", "/config/generations/x", "/config/generations/0"):
        assert api.get(path).status_code == 404
    assert api.post("/config/generations/999999/rollback").status_code == 404
    first = current(api)
    for number in range(22):
        change(api, viewers_per_address=1000 + number)
    gone = api.get(f"/config/generations/{first}")
    assert gone.status_code == 410 and "no longer kept" in gone.json()["detail"]
    assert api.post(f"/config/generations/{first}/rollback").status_code == 410


def test_only_an_admin_goes_back(own_system, api):
    token = api.post("/tokens", {"scope": "operator"}).json()
    caller = Api(own_system.url, token["secret"])
    assert caller.get(f"/config/generations/{current(api)}").status_code == 200
    assert caller.post(f"/config/generations/{current(api)}/rollback").status_code == 403
    caller.close()
