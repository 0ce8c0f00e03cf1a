"""The script `./sluice`: what a person at a terminal gets from it."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from sluicetest import processes
from sluicetest.nginx import ROOT
from sluicetest.script import SCRIPT, port_flags, sluice
from sluicetest.waiting import accepts, wait_for


@pytest.mark.parametrize(("arguments", "reason"), [
    (["fly"], "unknown command 'fly'"),
    (["up", "--fast"], "does not know '--fast'"),
    (["up", "--http-port"], "--http-port needs a value"),
    (["up", "--http-port", "--demo"], "--http-port needs a value"),
    (["up", "--rtmp-port", "0"], "from 1 to 65535"),
    (["up", "--rtmp-port", "99999"], "from 1 to 65535"),
    (["up", "--rtmp-port", "8o"], "from 1 to 65535"),
    (["up", "--http-port", "9000", "--rtmp-port", "9000"], "both 9000"),
    (["up", "--workers", "none"], "--workers needs a number from 1 to 32"),
    (["up", "--workers", "0"], "from 1 to 32"),
    (["up", "--workers", "33"], "from 1 to 32"),
    (["up", "--role", "boss"], "--role can't be 'boss'"),
    (["down", "--now"], "does not know '--now'"),
    (["status", "--xml"], "does not know '--xml'"),
    (["logs", "--dir"], "--dir needs a value"),
    (["test", "everything"], "does not know 'everything'"),
    (["package"], "come with the fleet"),
    (["test", "cluster"], "come with the fleet"),
])
def test_a_wrong_command_line_is_refused_with_the_reason(arguments, reason):
    done = sluice(*arguments)

    assert done.returncode == 2
    assert reason in done.stderr


def test_help_names_every_command():
    done = sluice("help")

    assert done.returncode == 0
    for verb in ("up", "down", "status", "logs", "build", "test", "bench", "lint", "fmt", "package"):
        assert f"./sluice {verb}" in done.stdout or f"| {verb}" in done.stdout


@pytest.mark.parametrize("verb", ["down", "status", "logs"])
def test_a_folder_that_does_not_exist_is_an_error_that_says_so(verb):
    done = sluice(verb, "--dir", "/nowhere/at/all")

    assert done.returncode == 1
    assert "/nowhere/at/all does not exist" in done.stderr


def test_a_port_in_use_is_refused_before_anything_starts(folder):
    flags = port_flags()
    with socket.create_server(("127.0.0.1", int(flags[1]))):
        done = sluice("up", "--detach", "--dir", folder, *flags)

    assert done.returncode == 1
    assert f"port {flags[1]} is in use by" in done.stderr
    assert "--http-port" in done.stderr
    assert not (folder / "run/supervisor.pid").exists()


def test_a_second_up_in_the_same_folder_is_refused(shared_system):
    done = shared_system.script("up", "--detach")

    assert done.returncode == 1
    assert f"already running in {shared_system.dir}" in done.stderr


def test_status_json_tells_what_runs(shared_system):
    done = shared_system.script("status", "--json")
    told = json.loads(done.stdout)

    assert done.returncode == 0
    assert told["dir"] == str(shared_system.dir)
    assert told["running"] is True
    assert told["pids"]["supervisor"] == shared_system.supervisor
    assert set(told["pids"]["children"]) >= set(shared_system.workers())
    assert told["ports"] == {"http": shared_system.http, "https": shared_system.https,
                             "rtmp": shared_system.rtmp, "rtmps": shared_system.rtmps}
    assert told["health"]["status"] == "ok"
    assert isinstance(told["streams"], list)


def test_status_as_a_table_names_folder_and_ports(shared_system):
    done = shared_system.script("status")

    assert done.returncode == 0
    assert str(shared_system.dir) in done.stdout
    assert f"http {shared_system.http}" in done.stdout


def test_logs_show_the_end_of_each_log(shared_system):
    done = shared_system.script("logs")

    assert done.returncode == 0
    assert "error.log" in done.stdout


def test_logs_follow(shared_system):
    follower = subprocess.Popen([str(SCRIPT), "logs", "--dir", str(shared_system.dir), "-f"], text=True,
                                stdout=subprocess.PIPE, start_new_session=True)
    try:
        shown = iter(follower.stdout.readline, "")
        assert any("access.log" in line for line in shown)  # what there is comes first
        httpx.get(f"{shared_system.url}/asked-by-this-test")
        assert any("/asked-by-this-test" in line for line in shown)
    finally:
        os.killpg(follower.pid, signal.SIGTERM)
        follower.wait(10)


def test_nothing_runs_as_root(shared_system):
    if os.geteuid() != 0:
        pytest.skip("nothing could")
    for pid in shared_system.processes():
        status = Path(f"/proc/{pid}/status").read_text()
        assert "\nUid:\t0\t" not in status, status
        assert "\nNoNewPrivs:\t1\n" in status


def test_down_twice_is_no_error_and_status_then_says_that_nothing_runs(own_system):
    first, second = own_system.script("down"), own_system.script("down")
    status = own_system.script("status", "--json")

    assert first.returncode == 0 and second.returncode == 0
    assert status.returncode == 3
    assert json.loads(status.stdout)["running"] is False
    assert own_system.script("up", "--detach").returncode == 0  # the instance serves the tests after this one, too


def test_a_stopped_instance_starts_again_with_its_ports_and_channels(own_system):
    kept = own_system.api.channel()
    own_system.script("down")

    again = own_system.script("up", "--detach")

    assert again.returncode == 0, again.stderr
    assert own_system.api.get(kept.path).status_code == 200
    assert accepts(own_system.rtmp)


@pytest.mark.parametrize(("tell", "status"), [
    pytest.param(lambda script: os.killpg(script.pid, signal.SIGINT), 130, id="ctrl-c"),
    pytest.param(lambda script: script.terminate(), 0, id="systemctl-stop"),
])
def test_a_foreground_instance_that_is_told_to_end_stops_everything(folder, tell, status):
    flags = port_flags()
    with open(folder.parent / f"{folder.name}.out", "w+") as output:
        script = subprocess.Popen([str(SCRIPT), "up", "--dir", str(folder), *flags], stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=output, start_new_session=True,
                                  # Ctrl-C is ignored by what a shell started in the background, and by its children.
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        output_path = Path(output.name)
        try:
            wait_for(lambda: "Ctrl-C stops it" in output_path.read_text() or script.poll() is not None, 90, "the start")
            assert script.poll() is None, output_path.read_text()
            pids = processes.descendants(int((folder / "run/supervisor.pid").read_text()))
            tell(script)
            assert script.wait(40) == status
            assert not any(map(processes.alive, pids))
            assert not accepts(int(flags[1]))
        finally:
            sluice("down", "--dir", folder)
            output_path.unlink()


@pytest.mark.parametrize("flags", [["--store", "etcd://127.0.0.1:2379"], ["--role", "edge"]])
def test_what_needs_the_fleet_is_refused_at_once(folder, flags):
    done = sluice("up", "--detach", "--dir", folder, *flags)

    assert done.returncode == 1
    assert "comes with the fleet" in done.stderr
    assert list(folder.iterdir()) == []


def test_up_that_fails_says_why_and_leaves_nothing_behind(folder):
    (folder / "control.mdb").write_bytes(b"this is no database" * 1000)
    flags = port_flags()

    done = sluice("up", "--detach", "--dir", folder, *flags)

    assert done.returncode == 1
    assert "not ready" in done.stderr
    assert "control.mdb" in done.stderr
    assert not accepts(int(flags[1]))
    assert sluice("status", "--json", "--dir", folder).returncode == 3


def test_two_instances_run_side_by_side(shared_system, make_system):
    other = make_system(workers=1)

    assert other.supervisor != shared_system.supervisor
    assert other.api.get("/channels").json()["items"] == []


def test_build_used_by_an_instance_is_a_copy(shared_system):
    program = Path(os.readlink(f"/proc/{shared_system.supervisor}/exe"))

    assert ROOT not in program.parents
