"""Keys, tokens and signatures never reach a log."""

import re
import time

import httpx
import pytest
from sluicetest import logs, processes, rtmp, sign
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.refusal import expect_no_secret
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv

KEY = "an-unmistakable-channel-key-0123456789"
NGINX = {"application": f"sluice_access_publish signed; sluice_access_key {KEY};"}


def test_nginx_logs_hold_no_key_and_no_query(nginx):
    good = sign.push_name("demo", KEY)
    bad = sign.push_name("demo", "wrong key")
    malformed = "demo?sign=SECRET-malformed-signature"
    with Publisher(nginx.rtmp, good, clip("avc")):
        nginx.control.wait_state("demo", "live")
        for name in (good, bad, malformed, "demo?token=SECRET-token"):
            with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
                connection.publish(name)
        for url in (nginx.flv("demo"), nginx.flv("nobody")):
            HttpFlv(url + "?sign=SECRET-play&token=SECRET-token").close()
        WsFlv(f"ws://127.0.0.1:{nginx.http}/demo/live.flv?sign=SECRET-ws").close()
        RtmpViewer("127.0.0.1", nginx.rtmp, "demo?sign=SECRET-rtmp").close()
        httpx.get(f"{nginx.url}/nothing?sign=SECRET-none")
        nginx.reload()
    secrets = [KEY, *(n.split("-")[-1] for n in (good, bad)), "SECRET"]
    expect_no_secret(nginx, *secrets)
    assert "SECRET" not in logs.read(nginx.prefix / "access.log")


def test_a_key_in_a_broken_directive_is_not_printed(make_nginx):
    nginx = make_nginx()
    nginx.expected.append("invalid number of arguments")
    nginx.write_conf(application=f"sluice_access_publish signed; sluice_access_key {KEY} {KEY};")
    status, said = nginx.test()
    assert status != 0
    assert KEY not in said


@pytest.mark.deadline(120)
def test_the_whole_product_logs_no_secret(own_system, tmp_path):
    """Everything that carries a secret is done once, rightly and wrongly; then all files are searched."""
    system = own_system
    api, made = system.api, system.api.channel(key=KEY)
    secrets = [KEY, system.token]
    token = api.post("/tokens", {"name": "t", "scope": "viewer"})
    assert token.status_code == 201, token.text
    secrets.append(next(v for k, v in token.json().items() if k in ("token", "secret")))
    httpx.get(f"{system.url}/api/v1/channels?token=SECRET-query", headers={"Authorization": f"Bearer {secrets[-1]}"})
    httpx.get(f"{system.url}/api/v1/channels", headers={"Authorization": "Bearer SECRET-wrong-token"})
    httpx.get(f"{system.url}/{made.id}/live.flv?sign=SECRET-play&token={secrets[-1]}")
    httpx.post(f"{system.url}/api/v1/channels", content='{"ingest":{"key":"SECRET-in-broken-json"',
               headers={"Authorization": f"Bearer {system.token}"})
    api.post("/channels", {"id": "x y", "ingest": {"key": "SECRET-in-refused"}})
    urls = made.urls()
    secrets += [m for m in re.findall(r"sign=(?:\d+-)?([0-9a-f]{32,64})", str(urls))]
    for protocol in ("rtmp", "rtmps"):
        with Ffmpeg(urls["push"][protocol]):
            system.control.wait_state(made.id, "live")
        system.control.kick(made.id)
    for name in (made.name(), sign.push_name(made.id, "wrong"), f"{made.id}?sign=SECRET-push"):
        with rtmp.Connection.open("127.0.0.1", system.rtmp) as connection:
            connection.publish(name)
            secrets.append(name.split("-")[-1] if "sign" in name else "")
    rotated = api.post(f"{made.path}/actions/rotate-key")
    assert rotated.status_code == 200
    assert KEY not in rotated.text
    expect_no_secret(system, *secrets, "SECRET")


def test_the_api_never_gives_a_key_back(api, channel):
    for path in (channel.path, "/channels?limit=1000"):
        assert channel.key not in api.get(path).text
    assert channel.key not in api.patch(channel.path, {"name": "n"}).text
    assert channel.key not in api.get(f"{channel.path}/status").text


def test_secret_files_are_readable_by_their_owner_only(shared_system):
    def mode(name):
        return (shared_system.dir / name).stat().st_mode & 0o777

    assert mode("admin-token") == 0o600
    assert mode("run") == 0o750
    assert mode("control.mdb") & 0o077 == 0
    for path in shared_system.dir.rglob("*"):
        if path.is_file() and path.stat().st_size < 100_000 and b"PRIVATE KEY" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0, path
    for path in (shared_system.dir / "channels").glob("*.mdb"):
        assert path.stat().st_mode & 0o007 == 0, path


def test_the_demos_push_address_which_everybody_can_see_soon_ends(make_system):
    system = make_system(flags=["--demo"])
    system.control.wait_state("demo", "live", timeout=20)
    pushes = [processes.title(p) for p in system.processes() if "ffmpeg" in processes.title(p)]
    assert pushes
    for line in pushes:
        assert int(re.search(r"sign=(\d+)-", line)[1]) <= time.time() + 60
