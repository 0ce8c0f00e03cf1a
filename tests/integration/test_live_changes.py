"""Changes of a channel reach running sessions within a second, without a reload of nginx."""

import datetime
import time

import pytest
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import expect_refused
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import stays

WITHIN_S = 1.0


@pytest.fixture
def live(shared_system, channel):
    """(publisher, viewer) of a running stream; nginx must not have been reloaded at the end."""
    generation = shared_system.generation()
    workers = shared_system.workers()
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")) as push:
        shared_system.control.wait_state(channel.id, "live")
        with HttpFlv(shared_system.flv(channel.id)) as viewer:
            viewer.read_key_frame()
            yield push, viewer
    assert shared_system.generation() == generation
    assert shared_system.workers() == workers


def expect_end(shared_system, channel, live, reason, change):
    """`change` ends publisher and viewer within a second; the event tells why."""
    push, viewer = live
    with shared_system.control.events() as events:
        began = time.monotonic()
        change()
        assert push.ended.wait(WITHIN_S - (time.monotonic() - began)), "publisher goes on"
        viewer.read_end(max(WITHIN_S - (time.monotonic() - began), 0.05))
        events.wait("stream.stopped", channel=channel.id, reason=reason)


def test_disabling_ends_the_session(shared_system, channel, live):
    expect_end(shared_system, channel, live, "disabled", lambda: channel.patch(enabled=False))


def test_deleting_ends_the_session(shared_system, channel, live):
    expect_end(shared_system, channel, live, "deleted", channel.delete)


def test_a_new_expiry_in_the_past_ends_the_session(shared_system, channel, live):
    expect_end(shared_system, channel, live, "expired",
               lambda: channel.patch(expires_at="2022-12-09T00:00:00Z"))


def test_the_moment_of_expiry_ends_the_session(shared_system, channel, live):
    push, viewer = live
    end = time.time() + 3
    stamp = datetime.datetime.fromtimestamp(int(end), datetime.timezone.utc)
    # The session's own signature must outlive the change: only the channel's expiry is judged here.
    channel.patch(expires_at=stamp.isoformat().replace("+00:00", "Z"))
    stays(lambda: not push.ended.is_set(), max(int(end) - time.time() - 0.2, 0), "publishing")
    assert push.ended.wait(WITHIN_S + 0.3)
    viewer.read_end(1)


def test_rotating_the_key_ends_the_push_and_the_new_key_continues_the_stream(shared_system, channel, live):
    push, viewer = live
    with shared_system.control.events() as events:
        reply = channel.api.post(f"{channel.path}/actions/rotate-key")
        assert reply.status_code == 200, reply.text
        assert push.ended.wait(WITHIN_S), "publisher goes on"
        events.wait("stream.stopped", channel=channel.id, reason="key_rotated")
    expect_refused(shared_system, channel.name(), "signature_wrong", channel=channel.id)
    fresh = channel.urls()["push"]["obs"]["stream_key"]
    with Publisher(shared_system.rtmp, fresh, clip("avc_quick")) as again:
        assert again.accepted
        viewer.read_key_frame(5)
        viewer.check()


def test_kicking_ends_the_session_and_the_publisher_may_come_back(shared_system, channel, live):
    push, viewer = live
    with shared_system.control.events() as events:
        reply = channel.api.post(f"{channel.path}/actions/kick")
        assert reply.status_code in (200, 202), reply.text
        assert push.ended.wait(WITHIN_S)
        events.wait("stream.stopped", channel=channel.id, reason="kicked")
    with Publisher(shared_system.rtmp, channel.name(), clip("avc_quick")) as again:
        assert again.accepted


def test_a_change_of_the_name_disturbs_nobody(shared_system, channel, live):
    push, viewer = live
    answer = channel.patch(name="another name", description="and a word about it")
    assert answer["applied"] == "applied"
    viewer.read_for(2)
    viewer.check(largest_step_ms=200)
    assert not push.ended.is_set()


def test_switching_the_flv_output_off_ends_viewers_but_not_the_push(shared_system, channel, live):
    push, viewer = live
    channel.patch(outputs={"flv": False})
    viewer.read_end(WITHIN_S)
    with HttpFlv(shared_system.flv(channel.id)) as refused:
        assert refused.status in (403, 404)
    assert not push.ended.is_set()


def test_a_new_channel_can_be_pushed_to_as_soon_as_the_api_answers(shared_system, api):
    for _ in range(5):
        made = api.channel()
        with Publisher(shared_system.rtmp, made.name(), clip("avc")) as push:
            assert push.accepted, push.status
        made.delete()
