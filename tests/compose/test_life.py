"""A container that is killed, stopped, thrown away: what was stored is there, and what ran comes back."""

import os
import signal
from pathlib import Path

import pytest
from sluicetest.compose import PORTS, PUBLIC_HOST, here, public
from sluicetest.nginx import ROOT
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.viewer import Ended, HttpFlv
from sluicetest.waiting import wait_for

GRACE_S = 20


def live(channel):
    wait_for(lambda: channel.status()["state"] == "live", 10, "the push")


@pytest.fixture
def push(channel):
    with Publisher(PORTS["rtmp"], channel.name(), clip("avc_quick")) as publisher:
        live(channel)
        yield publisher


@pytest.fixture
def viewer(sluice, channel, push):
    with HttpFlv(here(channel.urls()["play"]["flv"])) as watching:
        watching.read_key_frame()
        yield watching


def plays(channel):
    """Whether it can be pushed and watched with what it had before."""
    urls = channel.urls()
    with Ffmpeg(here(urls["push"]["rtmp"])):
        live(channel)
        with HttpFlv(here(urls["play"]["flv"])) as watching:
            watching.read_key_frame(10)
            return True


def kill_inside(sluice, pattern):
    """kill -9 of a process in the container, by a command line that only one has."""
    sluice.inside("pkill", "-KILL", "-f", pattern)


def test_a_killed_container_starts_again_with_all_its_channels(sluice, channel):
    main, restarts = sluice.main_process, int(sluice.inspect("{{.RestartCount}}"))
    if not Path(f"/proc/{main}").exists():
        pytest.skip("the engine runs on another machine: nobody here can kill its container")

    os.kill(main, signal.SIGKILL)

    wait_for(lambda: int(sluice.inspect("{{.RestartCount}}")) > restarts, 15, "the restart policy")
    sluice.wait_healthy()
    assert sluice.main_process != main
    assert plays(channel)


def test_a_killed_nginx_comes_back_within_its_container(sluice, channel, viewer):
    main = sluice.main_process

    kill_inside(sluice, "^nginx: master")

    with pytest.raises(Ended):
        viewer.read_for(10)
    wait_for(lambda: "nginx: worker" in str(sluice.processes()), 10, "nginx")
    sluice.wait_healthy()
    wait_for(lambda: sluice.health()["status"] == "ok", 10, "the system to be well")
    assert plays(channel) and sluice.main_process == main


def test_viewers_see_nothing_of_a_killed_control_plane(sluice, channel, viewer):
    main = sluice.main_process

    kill_inside(sluice, "sluice-control --dir")

    viewer.read_for(3)
    viewer.check(largest_step_ms=200)
    sluice.wait_healthy()
    wait_for(lambda: sluice.health()["status"] == "ok", 10, "the system to be well")
    assert channel.status()["state"] == "live" and sluice.main_process == main


def test_stop_ends_everybody_in_time_and_is_no_failure(sluice, channel, viewer, push):
    seconds = sluice.stop()

    assert seconds < GRACE_S / 2
    assert sluice.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}") == "0 false"
    with pytest.raises(Ended):
        viewer.read_for(5)
    assert push.ended.wait(5)
    assert not [line for line in sluice.logs().splitlines() if "is killed" in line]


def test_what_is_stored_survives_down_and_up(sluice, channel):
    certificate = sluice.inside("cat", "/var/lib/sluice/tls/self-signed.pem")
    token, key = sluice.token, channel.urls()["push"]["rtmp"]

    sluice.down()
    sluice.up()

    assert sluice.token == token
    assert sluice.inside("cat", "/var/lib/sluice/tls/self-signed.pem") == certificate
    assert channel.urls()["push"]["rtmp"] == key
    assert plays(channel)


def documented(start):
    """The line of docs/install.md that begins so, as a reader would type it."""
    lines = [line.strip() for line in (ROOT / "docs/install.md").read_text().splitlines()]
    return next(line for line in lines if line.startswith(start))


def test_a_backup_brings_everything_into_an_empty_volume(sluice, channel, tmp_path):
    token, key = sluice.token, channel.urls()["push"]["rtmp"]
    run = "docker-compose run --rm -T --entrypoint tar sluice -C /var/lib/sluice "

    sluice.stop()
    sluice.typed(documented(run + "-c").replace("backup.tgz", str(tmp_path / "backup.tgz")))
    sluice.down("-v")
    sluice.typed(documented(run + "-x").replace("backup.tgz", str(tmp_path / "backup.tgz")))
    sluice.up()

    assert sluice.token == token
    assert channel.urls()["push"]["rtmp"] == key and plays(channel)


def test_what_the_environment_says_is_in_force_after_the_next_up(sluice, channel):
    sluice.up(SLUICE_PUBLIC_HOST="other.example", SLUICE_ADMIN_TOKEN="a-token-of-this-test")
    try:
        assert sluice.token == "a-token-of-this-test"
        assert "//other.example/" in sluice.api().get(f"{channel.path}/urls").json()["play"]["rtmp"]
        assert "a-token-of-this-test" not in sluice.logs()
    finally:
        sluice.up(SLUICE_PUBLIC_HOST=PUBLIC_HOST)


def test_logs_say_where_it_is(sluice):
    sluice.wait_log(lambda logs: f"{public('http', 'http')}/console/" in logs)
