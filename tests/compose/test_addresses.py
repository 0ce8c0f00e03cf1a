"""Addresses that are given out lead to the published ports, and what they promise is there."""

import subprocess

import httpx
import pytest
from sluicetest import http
from sluicetest.compose import PORTS, here, public
from sluicetest.publisher import Ffmpeg
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import wait_for

SEED = {"isFlv": True, "isHls": False, "isVideo": False, "isImage": False, "isMotion": False, "isOnDemand": False,
        "isCMAF": False, "video_time": "60", "image_time": "30", "hls_time": "2", "hls_list_size": "5", "outdate": "2030-12-09"}


@pytest.fixture
def plain(sluice, channel):
    return channel.urls()


@pytest.fixture
def secure(sluice, channel):
    return sluice.api("https").get(f"{channel.path}/urls").json()


def test_addresses_have_the_public_host_and_the_published_ports(plain, secure, channel):
    name = channel.id
    assert plain["play"]["flv"] == f"{public('http', 'http')}/{name}/live.flv"
    assert plain["play"]["ws_flv"] == f"{public('ws', 'http')}/{name}/live.flv"
    assert secure["play"]["flv"] == f"{public('https', 'https')}/{name}/live.flv"
    assert secure["play"]["pages"]["flv"] == f"{public('https', 'https')}/{name}/flv.html"
    assert plain["play"]["rtmp"] == f"{public('rtmp', 'rtmp')}/stream/{name}"
    assert plain["push"]["obs"]["server"] == f"{public('rtmp', 'rtmp')}/stream"
    assert plain["push"]["rtmps"].startswith(f"{public('rtmps', 'rtmps')}/stream/{name}?sign=")


def watched(viewer):
    with viewer:
        viewer.read_key_frame(10)
        viewer.read_tags(50)
        viewer.check()


@pytest.mark.parametrize("way", ["rtmp", "rtmps"])
def test_what_is_pushed_can_be_watched_in_every_way(plain, secure, channel, way):
    with Ffmpeg(here(plain["push"][way])):
        wait_for(lambda: channel.status()["state"] == "live", 10, "the push")
        assert channel.status()["publisher"]["protocol"] == way
        watched(HttpFlv(here(plain["play"]["flv"])))
        watched(HttpFlv(here(secure["play"]["flv"])))
        watched(WsFlv(here(plain["play"]["ws_flv"])))
        watched(WsFlv(here(secure["play"]["ws_flv"])))
        watched(RtmpViewer("127.0.0.1", PORTS["rtmp"], channel.id))


def test_a_stream_of_the_older_api_is_pushed_with_its_key_and_watched(sluice):
    headers = {"Authorization": f"Bearer {sluice.token}"}
    made = httpx.post(f"http://127.0.0.1:{PORTS['http']}/videostream", json=SEED, headers=headers, timeout=10)
    assert made.status_code == 200, made.text
    id, key = made.json()["id"], made.json()["key"]
    with Ffmpeg(f"rtmp://127.0.0.1:{PORTS['rtmp']}/stream/{id}?sign={key}"):
        wait_for(lambda: sluice.api().get(f"/channels/{id}/status").json()["state"] == "live", 10, "the push")
        watched(HttpFlv(f"http://127.0.0.1:{PORTS['http']}/{id}/live.flv"))


def test_a_push_that_is_not_signed_is_refused(plain, channel):
    push = Ffmpeg(here(plain["push"]["rtmp"].split("?")[0]))
    try:
        push.process.wait(10)
    except subprocess.TimeoutExpired:
        pytest.fail("the encoder goes on")
    finally:
        push.kill()
    assert channel.status()["state"] == "idle"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_console_and_player_pages_are_served(sluice, scheme):
    for path in ("/console/", "/any/flv.html", "/any/index.html"):
        with http.request(f"{scheme}://127.0.0.1:{PORTS[scheme]}{path}") as page:
            assert page.status == 200 and b"<html" in page.body()
