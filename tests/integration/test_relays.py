"""Streams that are pushed on to other servers, by RTMP and RTMPS, in the whole product."""

import re

import pytest
from sluicetest.hooked import hook, on_air, plays, wait_hook
from sluicetest.nginx import MODULES
from sluicetest.waiting import free_port, free_ports, wait_for

TLS = """
stream {{
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;
        proxy_pass 127.0.0.1:{inner};
    }}
}}
"""


@pytest.fixture(scope="module")
def product(own_system):
    return own_system


class Peer:
    """Debian's own RTMP server, without us, behind TLS where it is asked for."""

    def __init__(self, make_nginx, scheme="rtmp"):
        parts = {"applications": "application peer { live on; }"}
        if scheme == "rtmps":
            self.port, inner = free_ports(2)
            parts |= {"load": f"load_module {MODULES}/ngx_stream_module.so;", "rtmp_server": f"listen 127.0.0.1:{inner};",
                      "main": TLS.format(port=self.port, inner=inner)}
        self.nginx = make_nginx(**parts)
        if scheme == "rtmp":
            self.port = self.nginx.rtmp
        self.target = f"{scheme}://127.0.0.1:{self.port}/peer/***"
        self.url = self.target.replace("***", "key-s3cret")
        self.seen_at = f"rtmp://127.0.0.1:{self.nginx.rtmp}/peer/key-s3cret"


def assert_nobody_reads(product, channel, secret):
    """It is neither in what the API says nor in any log."""
    assert secret not in str(channel.status())
    for file in (product.dir / "logs").rglob("*"):
        assert not file.is_file() or secret not in file.read_text(errors="replace"), file


@pytest.mark.parametrize(("one", "other"), [("rtmps", "rtmp"), ("rtmp", "rtmps")])
def test_relays_reach_their_targets_and_one_that_is_down_harms_nobody(product, make_nginx, one, other):
    stays, goes = Peer(make_nginx, one), Peer(make_nginx, other)
    with on_air(product, "avc_quick", relays=[{"url": peer.url} for peer in (stays, goes)]) as (channel, _):
        for peer in (stays, goes):
            assert plays(peer.seen_at)
        assert [hook(channel, f"relay-{i}")["target"] for i in (1, 2)] == [stays.target, goes.target]
        goes.nginx.stop()
        assert wait_hook(channel, "relay-2", "waiting")["last_line"]
        still = hook(channel, "relay-1")
        assert still["state"] == "running" and still["starts"] == 1
        assert plays(stays.seen_at)
        goes.nginx.start()
        wait_hook(channel, "relay-2", timeout=60)
        assert plays(goes.seen_at)
        assert_nobody_reads(product, channel, "s3cret")


def test_when_one_relay_goes_the_others_go_on(product, make_nginx):
    goes, stays, comes = (Peer(make_nginx) for _ in range(3))
    with on_air(product, "avc_quick", relays=[{"url": peer.url} for peer in (goes, stays)]) as (channel, _):
        one = wait_hook(channel, "relay-2")
        wait_hook(channel, "relay-1")

        channel.patch(relays=[{"url": stays.url}])
        wait_for(lambda: hook(channel, "relay-1").get("pid") == one["pid"] and not hook(channel, "relay-2"), 10, "the change")
        assert hook(channel, "relay-1")["target"] == stays.target

        channel.patch(relays=[{"url": peer.url} for peer in (comes, stays)])
        assert wait_hook(channel, "relay-1")["target"] == comes.target
        wait_for(lambda: hook(channel, "relay-1").get("pid") not in (None, one["pid"]), 10, "another process")
        again = wait_hook(channel, "relay-2")
        assert (again["pid"], again["starts"], again["target"]) == (one["pid"], 1, stays.target)


def test_another_channel_takes_a_relay_at_its_own_rtmps_address(product):
    other = product.api.channel()
    url = other.urls()["push"]["rtmps"]
    try:
        with on_air(product, "avc_quick", relays=[{"url": url}]) as (channel, _):
            product.control.wait_state(other.id, "live", 20)
            assert product.control.stream(other.id)["publisher"]["protocol"] == "rtmps"
            assert plays(product.flv(other.id))
            assert hook(channel, "relay-1")["target"] == url.split(other.id)[0] + "***"
            assert_nobody_reads(product, channel, url.split("sign=")[1])
    finally:
        other.delete()


#: What stands where RTMPS should, and the reason that an operator reads.
WRONG = {
    "nobody": "Connection refused",
    "RTMP without TLS": r"\[tls .* End of file",
    "HTTP without TLS": r"\[tls .* unexpected TLS packet",
    "HTTPS": "Cannot read RTMP handshake response",
    "a server that wants a signature": "Server error: sluice: signature_malformed",
}


def port_of(what, product, peer):
    ports = {"nobody": free_port, "RTMP without TLS": lambda: peer.nginx.rtmp, "HTTP without TLS": lambda: peer.nginx.http,
             "HTTPS": lambda: peer.nginx.https, "a server that wants a signature": lambda: product.rtmps}
    return ports[what]()


@pytest.mark.parametrize("what", WRONG)
def test_of_a_target_that_takes_nothing_the_reason_is_told_and_not_the_key(product, make_nginx, what):
    wants = product.api.channel()
    address = f"rtmps://127.0.0.1:{port_of(what, product, Peer(make_nginx))}/stream/"
    with on_air(product, "avc_quick", relays=[{"url": f"{address}{wants.id}?sign=s3cret"}]) as (channel, _):
        relay = wait_hook(channel, "relay-1", "waiting")
        assert (relay["reason"], relay["target"]) == ("exited", f"{address}***")
        assert relay["exit_code"] != 0 and relay["next_start_ms"] > relay["since_ms"]
        assert re.search(WRONG[what], relay["last_line"]), relay["last_line"]
        assert_nobody_reads(product, channel, "s3cret")
        wait_for(lambda: hook(channel, "relay-1")["starts"] >= 2, 10, "another try")
    wants.delete()


def test_of_h265_that_a_relay_refuses_the_reason_is_told(product, make_nginx):
    peer = Peer(make_nginx)
    with on_air(product, "hevc", relays=[{"url": peer.url}]) as (channel, _):
        assert "codec hevc" in wait_hook(channel, "relay-1", "waiting")["last_line"]
