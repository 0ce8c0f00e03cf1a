"""Who may push: the refused hear why within a second, before media, and are cut off."""

import contextlib
import time

import pytest
from sluicetest import http, rtmp, sign
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.refusal import BAD_NAME, expect_refused
from sluicetest.viewer import HttpFlv, RtmpViewer
from sluicetest.waiting import stays, wait_for

KEY = "0123456789abcdef-not-a-real-key"
LATER = sign.NEVER_EXPIRES
NGINX = {"application": f"sluice_access_publish signed; sluice_access_key {KEY};"}
OPEN = "sluice_access_publish open;"


def signed(channel="demo", expires=LATER, key=KEY, form=sign.push_hmac):
    return sign.push_name(channel, key, expires, form)


@pytest.mark.parametrize("form", [sign.push_hmac, sign.push_md5])
def test_a_signed_push_is_accepted(nginx, form):
    with nginx.control.events() as events, Publisher(nginx.rtmp, signed(form=form), clip("avc")) as push:
        assert push.status[:2] == ("status", "NetStream.Publish.Start")
        event = events.wait("stream.started")
        assert event["channel"] == "demo"
        nginx.control.wait_state("demo", "live")


def test_the_published_vector_verifies():
    made = sign.push_md5("98724e64-bcd1-4887-af4a-60be440709aa", 1670544000, "nodemedia2017privatekey")
    assert made == "1670544000-63497837275539bdb8e21800887e2db9"


def test_an_upper_case_signature_is_accepted(nginx):
    name = f"demo?sign={sign.push_hmac('demo', LATER, KEY).upper()}"
    with Publisher(nginx.rtmp, name, clip("avc")) as push:
        assert push.accepted


def test_ffmpeg_pushes_with_a_signed_url(nginx):
    with Ffmpeg(f"{nginx.rtmp_url}/{signed()}"):
        nginx.control.wait_state("demo", "live")


REFUSED = {
    "another key": (signed(key="another key"), "signature_wrong"),
    "another channel": (signed("other").replace("other", "demo"), "signature_wrong"),
    "md5 of another key": (signed(key="another key", form=sign.push_md5), "signature_wrong"),
    "expired": (signed(expires=1670544000), "signature_expired"),
    "expired md5": (signed(expires=1670544000, form=sign.push_md5), "signature_expired"),
    "no query": ("demo", "signature_missing"),
    "empty query": ("demo?", "signature_missing"),
    "another parameter": ("demo?sig=1", "signature_missing"),
    "empty": ("demo?sign=", "signature_malformed"),
    "a word": ("demo?sign=hello", "signature_malformed"),
    "only the expiry": (f"demo?sign={LATER}", "signature_malformed"),
    "too short": (f"demo?sign={LATER}-abc", "signature_malformed"),
    "not hexadecimal": (f"demo?sign={LATER}-{'x' * 64}", "signature_malformed"),
    "negative expiry": (f"demo?sign=-{LATER}-{'0' * 64}", "signature_malformed"),
    "endless expiry": (f"demo?sign={'9' * 40}-{'0' * 64}", "signature_malformed"),
}


@pytest.mark.parametrize(("name", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_push_without_a_valid_signature_is_refused(nginx, name, reason):
    expect_refused(nginx, name, reason, channel="demo")
    assert nginx.control.state("demo") == "idle"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "x" * 65, "é", "%2e%2e", "x" * 8000],
                         ids=lambda name: repr(name[:8]))
def test_a_push_under_a_bad_name_is_refused(nginx, name):
    expect_refused(nginx, f"{name}?sign={sign.push_hmac(name, LATER, KEY)}", "bad_name", BAD_NAME)


def test_a_push_under_a_name_with_a_zero_byte_is_refused(nginx):
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("a\0b?sign=" + sign.push_hmac("a", LATER, KEY)).level == "error"
        connection.wait_closed(1)


def test_a_refused_ffmpeg_gives_up_at_once(nginx):
    began = time.monotonic()
    push = Ffmpeg(f"{nginx.rtmp_url}/demo")
    wait_for(lambda: not push.running, 3, "ffmpeg to give up")
    push.stop()
    assert push.process.returncode != 0
    assert time.monotonic() - began < 3


def test_media_that_is_sent_without_waiting_for_the_answer_goes_nowhere(nginx):
    """An encoder that doesn't wait for the status gets no frame into the stream."""
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.connect()
        stream = connection.create_stream()
        connection.command("publish", None, "demo", "live", stream_id=stream)
        for message in clip("avc").messages()[:20]:
            try:
                connection.media(message)
            except OSError:
                break
        connection.wait_closed(1)
    record = nginx.control.stream("demo")
    assert record is None or record["tags_in"] == 0


@contextlib.contextmanager
def from_worker(nginx, which):
    """Connections made here reach the publisher's worker's neighbours, or just anyone."""
    if which == "any":
        yield
        return
    with nginx.paused(nginx.control.stream("demo")["publisher"]["pid"]):
        yield


@pytest.mark.parametrize("which", ["any", "other"])
def test_a_second_publisher_is_refused_and_the_first_goes_on(make_nginx, which):
    nginx = make_nginx(workers=2, application=OPEN + "sluice_ingest_on_duplicate reject;")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as first:
        nginx.control.wait_state("demo", "live")
        with HttpFlv(nginx.flv("demo")) as viewer:
            with from_worker(nginx, which):
                expect_refused(nginx, "demo", "already_publishing", BAD_NAME, "demo")
            viewer.read_tags(40)
            viewer.check(largest_step_ms=200)
        assert not first.ended.is_set()


@pytest.mark.parametrize("which", ["any", "other"])
def test_a_replacing_publisher_takes_over_and_viewers_stay(make_nginx, which):
    nginx = make_nginx(workers=2, application=OPEN + "sluice_ingest_on_duplicate replace;")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as first, nginx.control.events() as events:
        nginx.control.wait_state("demo", "live")
        with HttpFlv(nginx.flv("demo")) as http_play, RtmpViewer("127.0.0.1", nginx.rtmp, "demo") as rtmp_play:
            for viewer in (http_play, rtmp_play):
                viewer.read_key_frame()
            with from_worker(nginx, which):
                second = Publisher(nginx.rtmp, "demo", clip("avc_other"), start=5_000_000)
            with second:
                assert second.accepted
                assert first.ended.wait(1), "the first publisher was not cut off"
                events.wait("stream.started", resumed=True)
                told = [e for e in events.seen if e["type"].startswith("stream.st")][-2:]
                assert [e["type"] for e in told] == ["stream.stopped", "stream.started"]
                assert (told[0]["reason"], told[0]["address"]) == ("replaced", "127.0.0.1")
                stays(lambda: len(events.find("stream.stopped")) == 1, 0.5, "nobody tells of the end again")
                for viewer in (http_play, rtmp_play):
                    expect_picture_of(viewer, clip("avc_other"))


def expect_picture_of(viewer, source):
    header = source.headers[1].payload
    viewer.read_until(lambda tags: any(t.payload == header for t in tags), 5, "the new picture's header")
    viewer.read_key_frame()
    viewer.check(largest_step_ms=3000)


def test_an_unknown_channel_is_refused(shared_system):
    expect_refused(shared_system, signed("nobody-made-this"), "unknown_channel", channel="nobody-made-this")


def test_a_disabled_channel_is_refused(shared_system, channel):
    channel.patch(enabled=False)
    expect_refused(shared_system, channel.name(), "disabled", channel=channel.id)


def test_an_expired_channel_is_refused(shared_system, channel):
    channel.patch(expires_at="2022-12-09T00:00:00Z")
    expect_refused(shared_system, channel.name(), "expired", channel=channel.id)


def test_a_channel_takes_only_its_own_key(shared_system, channel):
    expect_refused(shared_system, signed(channel.id, key="not its key"), "signature_wrong", channel=channel.id)
    with Publisher(shared_system.rtmp, channel.name(), clip("avc")) as push:
        assert push.accepted


def test_the_push_address_of_the_api_works(shared_system, channel):
    push = channel.urls()["push"]
    with Ffmpeg(push["rtmp"]):
        shared_system.control.wait_state(channel.id, "live")
    shared_system.control.wait_state(channel.id, "idle", 15)
    assert push["rtmp"] == f"{push['obs']['server']}/{push['obs']['stream_key']}"


def test_the_rtmps_push_address_works(shared_system, channel):
    with Ffmpeg(channel.urls()["push"]["rtmps"]):
        shared_system.control.wait_state(channel.id, "live")
        assert shared_system.control.stream(channel.id)["publisher"]["protocol"] == "rtmps"


def test_an_open_channel_needs_no_signature(shared_system, api):
    made = api.channel(ingest={"auth": "open"})
    with Publisher(shared_system.rtmp, made.id, clip("avc")) as push:
        assert push.accepted
    made.delete()


def test_an_address_that_is_not_allowed_is_refused(shared_system, api):
    made = api.channel(ingest={"allow_ips": ["192.0.2.0/24"]})
    expect_refused(shared_system, made.name(), "address_denied", channel=made.id)
    made.patch(ingest={"allow_ips": ["192.0.2.0/24", "127.0.0.0/8"]})
    with Publisher(shared_system.rtmp, made.name(), clip("avc")) as push:
        assert push.accepted
    made.delete()


def test_replacing_is_a_setting_of_the_channel(shared_system, api):
    made = api.channel(ingest={"on_duplicate": "replace"})
    with Publisher(shared_system.rtmp, made.name(), clip("avc_quick")) as first:
        shared_system.control.wait_state(made.id, "live")
        with HttpFlv(shared_system.flv(made.id)) as viewer:
            viewer.read_key_frame()
            with Publisher(shared_system.rtmp, made.name(), clip("avc_quick")) as second:
                assert second.accepted and first.ended.wait(1)
                viewer.read_key_frame()
    made.delete()


def test_a_viewer_of_nothing_is_told_so(nginx):
    with http.request(nginx.flv("demo")) as reply:
        assert reply.status == 404
        assert b"offline" in reply.body()
