"""A configuration that can't work never takes nginx down: it is refused, with the reason."""

import contextlib
import json
import os
import signal
import socket
import subprocess

import httpx
import pytest
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

pytestmark = pytest.mark.system


def health(system):
    """Asked of the control plane itself: nginx may be away."""
    socket = httpx.HTTPTransport(uds=str(system.dir / "run/api.sock"))
    with httpx.Client(transport=socket) as client:
        return client.get("http://sluice/api/v1/health").json()


def make_certificate(folder, name):
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "10", "-subj", f"/CN={name}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert.read_text(), key.read_text()


@contextlib.contextmanager
def taken_port():
    """A port that somebody else listens on."""
    with socket.socket() as s:
        s.bind(("0.0.0.0", 0))
        s.listen()
        yield s.getsockname()[1]


@contextlib.contextmanager
def untouched(system):
    """Push, viewers, generation and settings are the same afterwards."""
    made = system.api.channel()
    settings, generation = system.api.get("/settings").json(), system.generation()
    with Publisher(system.rtmp, made.name(), clip("avc_quick")) as push:
        system.control.wait_state(made.id, "live")
        with HttpFlv(system.flv(made.id)) as viewer:
            viewer.read_key_frame()
            yield
            viewer.read_key_frame()
            viewer.check(largest_step_ms=200)
        with HttpFlv(system.flv(made.id)) as late:
            late.read_key_frame()
        assert not push.ended.is_set()
    assert system.api.get("/settings").json() == settings
    workers = system.control.workers()
    assert len({w["config_generation"] for w in workers}) == 1
    assert workers[0]["config_generation"] >= generation
    made.delete()


def expect_refused(system, change, *words):
    reply = system.api.patch("/settings", change)
    assert 400 <= reply.status_code < 500, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    for word in words:
        assert word in reply.text, reply.text
    return reply.json()


@pytest.mark.parametrize("field", ["http_port", "https_port", "rtmp_port", "rtmps_port"])
def test_a_port_in_use_is_refused(shared_system, field):
    with untouched(shared_system), taken_port() as port:
        expect_refused(shared_system, {field: port}, field, "in use")


@pytest.mark.parametrize(("certificate", "key"), [
    ("not a certificate", "not a key"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x"),
    ("", ""),
])
def test_a_broken_certificate_is_refused(shared_system, certificate, key):
    with untouched(shared_system):
        problem = expect_refused(shared_system, {"tls": {"certificate": certificate, "private_key": key}})
        assert any("certificate" in e["field"] or "key" in e["field"] for e in problem["errors"]), problem


def test_a_key_that_does_not_fit_the_certificate_is_refused(shared_system, tmp_path):
    certificate, _ = make_certificate(tmp_path, "one")
    _, key = make_certificate(tmp_path, "two")
    with untouched(shared_system):
        expect_refused(shared_system, {"tls": {"certificate": certificate, "private_key": key}}, "key")


def test_a_good_certificate_is_taken_and_served(own_system, tmp_path):
    system = own_system
    certificate, key = make_certificate(tmp_path, "sluice.example")
    reply = system.api.patch("/settings", {"tls": {"certificate": certificate, "private_key": key}})
    assert reply.status_code == 200, reply.text
    assert key not in reply.text and "BEGIN PRIVATE" not in system.api.get("/settings").text
    shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{system.https}"],
                           input="", capture_output=True, text=True, timeout=10)
    assert "sluice.example" in shown.stdout


@pytest.mark.parametrize(("change", "field"), [
    ({"http_port": 0}, "http_port"),
    ({"http_port": 70000}, "http_port"),
    ({"http_port": "eighty"}, "http_port"),
    ({"workers": -1}, "workers"),
    ({"workers": 100000}, "workers"),
    ({"limits": {"worker_connections": 1}}, "worker_connections"),
    ({"limits": "many"}, "limits"),
    ({"public_host": "a host; return 200"}, "public_host"),
    ({"public_host": "a\nb"}, "public_host"),
    ({"nonsense": 1}, "nonsense"),
    ({"hub": {"rings": [{"bytes": 1 << 31, "count": 65535}]}}, "hub.rings"),
])
def test_a_setting_out_of_range_is_named(shared_system, change, field):
    with untouched(shared_system):
        problem = expect_refused(shared_system, change)
        assert any(field in e["field"] for e in problem["errors"]), problem


def test_two_wrong_settings_are_both_named(shared_system):
    problem = expect_refused(shared_system, {"http_port": 0, "workers": -1})
    assert {"http_port", "workers"} <= {e["field"] for e in problem["errors"]}


def test_two_listeners_on_one_port_are_refused(shared_system):
    port = shared_system.http
    with untouched(shared_system):
        expect_refused(shared_system, {"https_port": port}, "https_port")


def test_a_broken_file_in_the_last_generation_does_not_stop_a_good_change(own_system):
    """Somebody's hand in the rendered configuration: the next change renders anew."""
    system = own_system
    (system.dir / "nginx/current/nginx.conf").write_text("this is { not a configuration")
    before = system.generation()
    reply = system.api.patch("/settings", {"limits": {"worker_connections": 2222}})
    assert reply.status_code == 200, reply.text
    system.wait_generation(before)


def test_a_configuration_that_nginx_cannot_start_with_gives_way_to_the_last_good_one(make_system):
    system = make_system()
    system.expected.append("mmap|sluice hub")
    good = system.generation()
    assert system.api.patch("/settings", {"workers": 1}).status_code == 200
    bad = system.dir / "nginx/current"
    conf, about = bad / "nginx.conf", bad / "about.json"
    # As if nobody had seen it at work yet, and asking for what `nginx -t` does not try.
    conf.write_text(conf.read_text().replace("events {", "sluice_hub_rings 2147483648:65535;\nevents {", 1))
    about.write_text(json.dumps(json.loads(about.read_text()) | {"confirmed": False}))

    os.kill(system.master, signal.SIGKILL)

    wait_for(lambda: health(system)["configuration"] == "fallen_back", 10, "the last good configuration")
    wait_for(lambda: health(system)["nginx"] == "ok", 10, "nginx")
    assert system.generation() == good
    assert health(system)["status"] == "degraded"
    assert "mmap" in health(system)["reason"]
    newest = system.api.get("/config/generations").json()["items"][0]
    assert newest["state"] == "failed" and "mmap" in newest["reason"]
    assert system.api.patch("/settings", {"workers": 1}).status_code == 200
    assert health(system)["status"] == "ok"


def test_generations_are_listed(shared_system):
    reply = shared_system.api.get("/config/generations")
    assert reply.status_code == 200
    assert shared_system.generation() in [g["generation"] for g in reply.json()["items"]]
