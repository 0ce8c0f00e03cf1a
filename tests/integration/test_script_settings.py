"""What `./sluice up` is told, against what an instance has stored; and an instance brought back from its backup."""

import shutil
from pathlib import Path

import pytest
from sluicetest.api import Api
from sluicetest.script import sluice
from sluicetest.waiting import accepts, free_ports

KEPT = ("control.mdb", "tls", "admin-token")


def up_again(system, *flags, **environment):
    """Stops it and starts it with these flags; what it printed."""
    assert system.script("down").returncode == 0
    done = sluice("up", "--detach", "--dir", system.dir, *flags, **environment)
    assert done.returncode == 0, done.stderr
    system.api.close()
    system.api = Api(system.url, system.token)
    return done.stdout


def settings(system):
    return system.api.get("/settings").json()


def test_an_admin_token_of_ones_own(own_system):
    made_up, own = own_system.token, "my-own-token-of-this-test"

    printed = up_again(own_system, SLUICE_ADMIN_TOKEN=own)

    assert own_system.token == own and own not in printed
    assert (own_system.dir / "admin-token").stat().st_mode & 0o777 == 0o600
    assert own_system.api.get("/settings").status_code == 200
    assert Api(own_system.url, made_up).get("/settings").status_code == 401
    for pid in own_system.processes():
        assert own not in Path(f"/proc/{pid}/cmdline").read_text()
    for pid in (own_system.master, *own_system.workers()):
        assert own not in Path(f"/proc/{pid}/environ").read_text()

    up_again(own_system)
    assert own_system.token == own


@pytest.mark.parametrize(("host", "authority"), [("live.example", "live.example"), ("2001:db8::7", "[2001:db8::7]")])
def test_the_public_host_is_in_the_addresses_and_is_kept(own_system, host, authority):
    channel = own_system.api.channel()
    printed = [up_again(own_system, "--public-host", host), up_again(own_system)]

    for text in printed:
        assert f"http://{authority}:{own_system.http}/console/" in text
    assert settings(own_system)["public_host"] == host
    urls = channel_urls(own_system, channel)
    assert urls["play"]["flv"] == f"http://{authority}:{own_system.http}/{channel.id}/live.flv"
    assert urls["push"]["rtmp"].startswith(f"rtmp://{authority}:{own_system.rtmp}/stream/{channel.id}?sign=")


def channel_urls(system, channel):
    return system.api.get(f"{channel.path}/urls").json()


def test_ports_that_are_mapped_are_in_the_addresses_and_are_not_listened_on(own_system):
    channel = own_system.api.channel()
    before = own_system.generation()

    own_system.api.patch("/settings", {"public_host": None})
    done = own_system.api.patch("/settings", {"public_ports": {"http": 80, "https": 443, "rtmp": 1935, "rtmps": 444}})

    assert done.status_code == 200 and done.json()["public_ports"]["rtmps"] == 444
    assert own_system.generation() == before and own_system.api.get("/health").status_code == 200
    urls = channel_urls(own_system, channel)
    assert urls["play"]["flv"] == f"http://127.0.0.1/{channel.id}/live.flv"
    assert urls["push"]["obs"]["server"] == "rtmp://127.0.0.1/stream"
    assert urls["push"]["rtmps"].startswith("rtmps://127.0.0.1:444/stream/")
    secure = Api(f"https://127.0.0.1:{own_system.https}", own_system.token)
    assert secure.get(f"{channel.path}/urls").json()["play"]["ws_flv"] == f"wss://127.0.0.1/{channel.id}/live.flv"
    assert "http://live.example/console/" in up_again(own_system, "--public-host", "live.example")

    own_system.api.patch("/settings", {"public_ports": {"http": None}})
    assert channel_urls(own_system, channel)["play"]["flv"] == f"http://live.example:{own_system.http}/{channel.id}/live.flv"


def test_a_password_that_was_made_up_is_printed_once(own_system):
    own_system.script("down")
    file = own_system.dir / "run/admin-password"
    file.write_text("made-up-for-this-test\n")
    file.chmod(0o600)
    shutil.chown(file, own_system.dir.owner(), own_system.dir.group())

    printed = [up_again(own_system), up_again(own_system)]

    assert "made-up-for-this-test" in printed[0] and not file.exists()
    assert "password" not in printed[1]


def test_a_flag_changes_the_stored_setting_and_without_it_that_stays(own_system):
    assert own_system.api.patch("/settings", {"workers": 3}).status_code == 200

    up_again(own_system)
    assert settings(own_system)["workers"] == 3 and len(own_system.workers()) == 3

    up_again(own_system, "--workers", "1")
    assert settings(own_system)["workers"] == 1 and len(own_system.workers()) == 1

    up_again(own_system)
    assert len(own_system.workers()) == 1


def test_a_port_given_later_takes_the_place_of_the_stored_one(own_system):
    before, (own_system.http,) = own_system.http, free_ports(1)

    up_again(own_system, "--http-port", own_system.http)

    assert settings(own_system)["http_port"] == own_system.http
    assert not accepts(before)


def test_an_instance_starts_from_its_backup_alone(own_system, folder):
    channel = own_system.api.channel()
    own_system.script("down")
    folder.chmod(0o750)
    shutil.chown(folder, own_system.dir.owner(), own_system.dir.group())
    for name in KEPT:  # as cp -a does
        copy = shutil.copytree if (own_system.dir / name).is_dir() else shutil.copy2
        copy(own_system.dir / name, folder / name)
        for path in (folder / name, *(folder / name).rglob("*")):
            shutil.chown(path, own_system.dir.owner(), own_system.dir.group())
    try:
        done = sluice("up", "--detach", "--dir", folder)

        assert done.returncode == 0, done.stderr
        assert own_system.api.get(channel.path).status_code == 200
        for path in (own_system.dir / "tls").iterdir():
            assert (folder / "tls" / path.name).read_bytes() == path.read_bytes()
    finally:
        sluice("down", "--dir", folder)
    up_again(own_system)
