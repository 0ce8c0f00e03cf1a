"""The folder of an instance: which one `./sluice up` takes, and what is in it."""

import os
import re
import shlex
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from sluicetest import nginx as nginx_process
from sluicetest.nginx import ROOT
from sluicetest.script import port_flags, sluice


def owner_and_mode(path):
    found = path.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


@pytest.mark.parametrize("content", ["holiday.jpg", "run/something.pid", "admin-token/", "control.mdb/", "run/"])
def test_somebody_elses_folder_is_not_taken(folder, content):
    path = folder / content
    if content.endswith("/"):
        path.mkdir()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text("not ours")
    before = owner_and_mode(folder), sorted(folder.rglob("*"))

    done = sluice("up", "--detach", "--dir", folder, *port_flags())

    assert done.returncode == 1
    assert "neither empty nor an instance" in done.stderr
    assert (owner_and_mode(folder), sorted(folder.rglob("*"))) == before


def test_a_link_is_no_mark_of_an_instance(folder):
    (folder / "admin-token").symlink_to("/etc/hostname")

    done = sluice("up", "--detach", "--dir", folder, *port_flags())

    assert done.returncode == 1
    assert "neither empty nor an instance" in done.stderr


def refusal_of(directory):
    """What the check of `up` says about this folder; the check alone is run, so that no system folder is at stake."""
    check = f". ci/instance/common.sh; . ci/instance/prepare.sh; set_dir --dir {shlex.quote(directory)}; refuse_system_dir"
    return subprocess.run(["bash", "-euc", check], cwd=ROOT, capture_output=True, text=True, timeout=10)


@pytest.mark.parametrize("directory", ["/", "//", "/var", "/var/", "/srv/../var", "/etc", "/bin", "/lib64", "/usr/local",
                                       "/var/lib", "/var/run", "/home", "/tmp", "/mnt"])
def test_a_folder_of_the_system_is_refused(directory):
    done = refusal_of(directory)

    assert done.returncode == 1
    assert "belongs to the system" in done.stderr


@pytest.mark.parametrize("directory", ["/var/lib/sluice", "/srv/sluice", "/data", "/tmp/x", "/usr/local/sluice/a", "/varied"])
def test_a_folder_in_a_folder_of_the_system_is_not_refused(directory):
    assert refusal_of(directory).returncode == 0


@pytest.mark.parametrize("name", ["a" * 100, "pri$e", 'say "hi"', "a;b", "line\nbreak"])
def test_a_folder_that_nginx_could_not_use_is_refused(folder, name):
    done = sluice("up", "--detach", "--dir", folder / name)

    assert done.returncode == 1
    assert "the folder's name" in done.stderr


def test_a_folder_in_a_closed_home_is_refused_with_what_to_do(folder):
    if os.geteuid() != 0:
        pytest.skip("only root runs the service as somebody else")
    folder.chmod(0o700)

    done = sluice("up", "--detach", "--dir", folder / "inside", *port_flags())

    assert done.returncode == 1
    assert "can't use" in done.stderr and "chmod o+x" in done.stderr


def test_a_first_start_that_was_interrupted_can_be_repeated(folder):
    flags = port_flags()
    with socket.create_server(("127.0.0.1", int(flags[1]))):
        sluice("up", "--detach", "--dir", folder, *flags)
        for path in set(folder.iterdir()) - {folder / "admin-token"}:  # the first thing that a start makes
            path.rmdir() if path.is_dir() else path.unlink()
        again = sluice("up", "--detach", "--dir", folder, *flags)

    assert [path.name for path in folder.glob("admin-token")] == ["admin-token"]
    assert f"port {flags[1]} is in use" in again.stderr


def test_files_are_closed_to_others(shared_system):
    def mode(name):
        return stat.S_IMODE((shared_system.dir / name).stat().st_mode)

    assert mode("admin-token") == 0o600
    assert mode("run") == 0o750
    assert mode("logs") == 0o750
    for log in shared_system.log_files():
        assert stat.S_IMODE(log.stat().st_mode) & 0o007 == 0, log


def test_an_instance_holds_what_the_design_says(shared_system):
    generation = (shared_system.dir / "nginx/current").resolve()

    assert re.fullmatch(r"gen-\d{6}", generation.name)
    assert generation.parent == shared_system.dir / "nginx"
    assert (generation / "nginx.conf").is_file()
    for name in ("channels", "live", "archive", "logs", "run", "tls"):
        assert (shared_system.dir / name).is_dir(), name
    for name in ("control.mdb", "admin-token", "channels/manifest.json", "run/nginx.pid", "run/supervisor.pid"):
        assert (shared_system.dir / name).is_file(), name
    for name in ("run/control.sock", "run/api.sock"):
        assert (shared_system.dir / name).is_socket(), name


@pytest.mark.skipif(os.geteuid() != 0, reason="a folder in memory is for system users: needs root")
def test_live_windows_never_go_into_a_folder_that_somebody_else_made(make_system):
    product = make_system()
    live = product.dir / "live"
    if not live.is_symlink():
        pytest.skip("/dev/shm is no tmpfs here")
    memory = Path(os.readlink(live))
    assert owner_and_mode(memory)[2] == 0o750
    assert product.script("down").returncode == 0
    assert not memory.exists()
    memory.mkdir()
    try:
        memory.chmod(0o777)
        os.chown(memory, 65534, 65534)
        product.up()
        assert live.is_dir() and not live.is_symlink()
        assert not list(memory.iterdir())
    finally:
        memory.rmdir()


def test_a_folder_that_others_may_write_to_takes_no_segments(folder):
    folder.chmod(0o777)
    server = nginx_process.Nginx(main=f"sluice_package_dir {folder};")
    try:
        server.write_conf()
        done = subprocess.run(server.argv(), capture_output=True, timeout=20)
        assert done.returncode != 0
        assert "must be a folder that nobody else may write to" in server.error_log.read_text()
    finally:
        server.discard()
