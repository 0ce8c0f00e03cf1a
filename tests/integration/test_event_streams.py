"""Events outside the control socket: who reads what of them, and for how long."""

import subprocess

import httpx
import pytest
from sluicetest import http
from sluicetest.control import Events
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import expect_refused
from sluicetest.sign import push_name
from sluicetest.waiting import free_ports, wait_for

LOCATION = "location = /events {{ sluice_status on; {} }}"
REFUSED = {"type": "stream.rejected", "channel": "demo", "reason": "signature_wrong", "address": "192.0.2.1"}
STARTED = {"type": "stream.started", "channel": "demo", "address": "192.0.2.1", "resumed": True}
LAST = {"type": "channel.updated", "channel": "demo", "id": "a-9", "number": 9,
        "data": {"reason": "fps_low", "by": "somebody", "address": "192.0.2.1"}}


def post(nginx, **event):
    assert nginx.control.request("POST", "/-/events", event)[0] == 202


def test_a_stream_that_is_never_quiet_ends_with_its_lifetime(make_nginx):
    nginx = make_nginx(http_block="sluice_status_lifetime 700ms;", locations=LOCATION.format(""))
    with nginx.control.events() as control, Events(None, url=f"{nginx.url}/events") as public:
        def ended_although_busy():
            post(nginx, type="test.busy")
            return public.ended.is_set()

        wait_for(ended_although_busy, 5, "the end of the public stream")
        assert public.find("test.busy")
        post(nginx, type="test.last")
        control.wait("test.last")  # the control plane's own stream has no end
        assert not control.ended.is_set()


def established(port):
    """Connections that the server side of this port holds."""
    found = subprocess.run(["ss", "-Htn", "state", "established", f"sport = :{port}"], capture_output=True, text=True,
                           check=True)
    return len(found.stdout.splitlines())


def test_a_reader_that_takes_nothing_is_closed(make_nginx):
    port, = free_ports(1)
    server = f"server {{ listen 127.0.0.1:{port} sndbuf=4k; send_timeout 1s; {LOCATION.format('')} }}"
    nginx = make_nginx(http_block=server)
    with http.request(f"http://127.0.0.1:{port}/events", receive_buffer=2048):
        assert established(port) == 1

        def closed_although_busy():
            for n in range(20):
                post(nginx, type="test.full", data={"n": n, "ballast": "x" * 800})
            return established(port) == 0

        wait_for(closed_although_busy, 10, "the reader to be closed")


@pytest.mark.parametrize("scope", ["operator", "admin"])
def test_operators_get_every_event_whole(make_nginx, scope):
    nginx = make_nginx(locations=LOCATION.format("sluice_status_scope $arg_scope;"))
    with Events(None, url=f"{nginx.url}/events?scope={scope}") as events:
        for event in (REFUSED, STARTED, LAST):
            post(nginx, **event)
        events.wait("channel.updated")

    seen = [{k: v for k, v in e.items() if k != "ts_ms"} for e in events.seen]
    assert seen == [REFUSED, STARTED, LAST]


@pytest.mark.parametrize("scope", ["viewer", "", "root"])
def test_others_get_the_life_of_channels_without_addresses(make_nginx, scope):
    nginx = make_nginx(locations=LOCATION.format("sluice_status_scope $arg_scope;"))
    with Events(None, url=f"{nginx.url}/events?scope={scope}") as events:
        for event in (REFUSED, {"type": "config.snapshot_refused"}, STARTED, LAST):
            post(nginx, **event)
        events.wait("channel.updated")

    seen = [{k: v for k, v in e.items() if k != "ts_ms"} for e in events.seen]
    assert seen == [{"type": "stream.started", "channel": "demo", "resumed": True},
                    {"type": "channel.updated", "channel": "demo", "id": "a-9", "number": 9,
                     "data": {"reason": "fps_low"}}]


# Through the product


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_viewers_token_learns_no_addresses(shared_system, api, channel):
    made = api.post("/tokens", {"scope": "viewer"}).json()
    url = f"{shared_system.url}/api/v1/events"
    with Events(None, url=url, headers=bearer(made["secret"])) as viewer, \
            Events(None, url=url, headers=bearer(shared_system.token)) as admin:
        expect_refused(shared_system, push_name(channel.id, "wrong"), "signature_wrong", channel=channel.id)
        admin.wait("stream.rejected", channel=channel.id)
        with Publisher(shared_system.rtmp, channel.name(), clip("avc")):
            assert "address" in admin.wait("stream.started", channel=channel.id)
            assert "address" not in viewer.wait("stream.started", channel=channel.id)
        assert not viewer.find("stream.rejected")
    api.delete(f"/tokens/{made['id']}")


def test_events_answer_head_as_other_addresses_do(shared_system):
    url = f"{shared_system.url}/api/v1/events"

    reply = httpx.head(url, headers=bearer(shared_system.token))

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/event-stream"
    assert httpx.head(url).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_events_refuse_other_methods_as_the_api_does(shared_system, method):
    reply = httpx.request(method, f"{shared_system.url}/api/v1/events", headers=bearer(shared_system.token),
                          content=b"{}")

    assert reply.status_code == 405
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
    assert reply.json()["status"] == 405


def test_events_name_their_methods(shared_system):
    reply = httpx.options(f"{shared_system.url}/api/v1/events")

    assert reply.status_code == 204
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
