"""Only the public ports can be reached from another machine, on IPv4 and IPv6."""

import os
import pwd
import socket
import stat

import httpx
from sluicetest import processes
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv

LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def test_nothing_but_the_public_ports_listens_beyond_loopback(shared_system):
    system = shared_system
    public = {system.http, system.https, system.rtmp, system.rtmps}
    listening = processes.listening_on(system.processes())
    assert {port for address, port in listening if address not in LOOPBACK} == public


def test_the_public_ports_answer_on_ipv6_too(shared_system):
    system = shared_system
    for port in (system.http, system.https, system.rtmp, system.rtmps):
        with socket.create_connection(("::1", port), 2):
            pass
    reply = httpx.get(f"http://[::1]:{system.http}/api/v1/health")
    assert reply.status_code == 200


def test_a_push_and_a_viewer_over_ipv6(shared_system, channel):
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick"), host="::1"):
        shared_system.control.wait_state(channel.id, "live")
        assert shared_system.control.stream(channel.id)["publisher"]["address"] == "::1"
        with HttpFlv(f"http://[::1]:{shared_system.http}/{channel.id}/live.flv") as viewer:
            viewer.read_key_frame()


def test_the_control_socket_is_not_reachable_through_a_public_port(shared_system):
    for base in (shared_system.url, f"https://127.0.0.1:{shared_system.https}"):
        for path in ("/-/streams", "/-/generation", "/-/metrics", "/-/events"):
            assert httpx.get(base + path, verify=False, timeout=5).status_code in (401, 403, 404)


def test_files_of_the_folder_are_not_served(shared_system):
    for path in ("/admin-token", "/nginx/current/nginx.conf", "/..%2fadmin-token", "/console/../admin-token",
                 "/console/..%2f..%2fadmin-token", "/assets/../../../admin-token", "/.git/config"):
        reply = httpx.get(shared_system.url + path)
        assert shared_system.token not in reply.text, path
        assert reply.status_code in (302, 400, 401, 403, 404), (path, reply.status_code)


def test_only_the_owner_reaches_the_unix_sockets(shared_system):
    run = shared_system.dir / "run"
    mode = run.stat().st_mode
    assert stat.S_IMODE(mode) & 0o007 == 0


def test_everything_runs_as_one_unprivileged_user(shared_system):
    if os.geteuid() != 0:
        assert {os.stat(f"/proc/{p}").st_uid for p in shared_system.processes()} == {os.geteuid()}
        return
    sluice = pwd.getpwnam("sluice").pw_uid
    assert {os.stat(f"/proc/{p}").st_uid for p in shared_system.processes()} == {sluice}


def test_the_server_does_not_tell_its_version(shared_system):
    reply = httpx.get(f"{shared_system.url}/nothing-here")
    assert "1.22" not in reply.headers.get("server", "") and "1.22" not in reply.text
