"""`./sluice up --demo`: a test picture that plays, and a warning where somebody keeps it from playing."""

import re

import httpx
import pytest


@pytest.fixture(scope="module")
def demo(own_system):
    """The product of this module, whose channel demo exists but is pushed to only after `up --demo`."""
    own_system.api.channel("demo", playback={"key": "the-key"})
    return own_system


def up_again(system, **changes):
    """Starts it anew with --demo after somebody changed the channel."""
    assert system.api.patch("/channels/demo", changes).status_code == 200
    assert system.script("down").returncode == 0
    done = system.script("up", "--detach", "--demo")
    assert done.returncode == 0, done.stderr
    return done


def test_the_demo_plays_from_the_address_that_is_printed(make_system):
    demo = make_system(flags=["--demo"])

    with httpx.stream("GET", demo.flv("demo"), timeout=5) as reply:
        first = next(reply.iter_bytes(13))

    assert demo.control.state("demo") == "live"
    assert first.startswith(b"FLV\x01")
    for expected in (f":{demo.http}/console/", f":{demo.rtmp}/stream/demo?sign=", f":{demo.http}/demo/live.flv",
                     f":{demo.http}/demo/flv.html", str(demo.dir / "admin-token")):
        assert expected in demo.output
    assert demo.token not in demo.output
    assert "warning" not in demo.output


def test_a_demo_with_signed_playback_plays_from_a_signed_address(demo):
    done = up_again(demo, playback={"auth": "signed"})

    assert "warning" not in done.stderr
    address = re.search(r"play +(http://\S+/demo/live\.flv\?sign=\S+)", done.stdout)[1]
    with httpx.stream("GET", address, timeout=5) as reply:
        assert reply.status_code == 200


@pytest.mark.parametrize(("changes", "reason"), [
    ({"enabled": False}, "the channel is disabled"),
    ({"enabled": True, "outputs": {"flv": False}}, "its output flv is switched off"),
    ({"outputs": {"flv": True}, "playback": {"allow_ips": ["192.0.2.1"]}}, "address_denied"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "the channel has expired"),
])
def test_a_demo_that_cannot_play_is_a_warning(demo, changes, reason):
    done = up_again(demo, **changes)

    assert re.search(f"warning: the demo does not play: .*{reason}", done.stderr)
    assert demo.script("status").returncode == 0
