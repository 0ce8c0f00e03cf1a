"""Authorise callbacks: what they are asked, what their answers do, and what holds when there is none."""

import contextlib
import signal
import threading
import time

import httpx
import pytest
from sluicetest import logs, processes, rtmp
from sluicetest.callback import Callback
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import BAD_NAME, DENIED, expect_no_secret, expect_refused
from sluicetest.viewer import HttpFlv, RtmpViewer, WsFlv
from sluicetest.waiting import stays, wait_for

SYSTEM = {"sanitized": True}


@pytest.fixture
def callback():
    with Callback() as server:
        yield server


@pytest.fixture
def product(own_system):
    """What a callback's failures make the control plane say is expected."""
    own_system.expected.append("the authorise callback failed")
    yield own_system
    expect_no_secret(own_system, "callback-secret", "ticket=")


def asked(product, callback, side, **more):
    """A channel whose `side` (ingest, playback) asks the callback."""
    fields = {f"authorise_{name}": value for name, value in more.items()} | {"authorise_url": callback.url}
    return product.api.channel(**{side: fields})


def live(product, channel):
    push = Publisher(product.rtmp, channel.name(), clip("avc_quick"))
    assert push.accepted, push.status
    product.control.wait_state(channel.id, "live")
    return push


def publish(product, channel, query="&ticket=7"):
    """A push that is only asked for: the status, and the connection."""
    connection = rtmp.Connection.open("127.0.0.1", product.rtmp)
    return connection.publish(channel.name() + query), connection


def watch(product, channel, query="?ticket=7"):
    return HttpFlv(product.flv(channel.id) + query)


# Publishing


def test_a_publisher_starts_after_the_callback_said_yes(product, callback):
    channel = asked(product, callback, "ingest")
    callback.hold()
    connection = rtmp.Connection.open("127.0.0.1", product.rtmp)
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(connection.publish(channel.name() + "&ticket=7")))
    thread.start()
    wait_for(lambda: callback.asked, what="the question")
    stays(lambda: not statuses and product.control.state(channel.id) == "idle", 0.5, "the publisher to wait")
    callback.release()
    thread.join(5)

    assert statuses[0].code == "NetStream.Publish.Start"
    question = callback.asked[0]
    assert question.pop("time").endswith("Z") and question.pop("session")
    assert question == {"action": "publish", "channel": channel.id, "protocol": "rtmp", "address": "127.0.0.1",
                        "query": "ticket=7"}
    connection.close()


def test_media_flows_after_a_callback(product, callback):
    channel = asked(product, callback, "ingest")
    with live(product, channel), watch(product, channel) as viewer:
        viewer.read_key_frame()
    assert len(callback.asked) == 1


def test_a_denied_publisher_is_told_in_the_callbacks_words(product, callback):
    channel = asked(product, callback, "ingest")
    callback.deny("no seat left")
    with product.control.events() as events:
        status, connection = publish(product, channel)
        assert (status.level, status.code) == ("error", DENIED)
        assert status.description == "sluice: authorise_denied: no seat left"
        assert connection.wait_closed(1) < 1
        event = events.wait("stream.rejected", channel=channel.id)
        assert (event["reason"], event["detail"]) == ("authorise_denied", "no seat left")
    wait_for(lambda: "refused: authorise_denied: no seat left" in logs.read(product.dir / "logs/error.log"),
             what="the log line")


def test_a_denial_without_words_is_a_denial(product, callback):
    channel = asked(product, callback, "ingest")
    callback.deny(status=404)
    expect_refused(product, channel.name(), "authorise_denied", channel=channel.id)


def test_the_signature_goes_before_the_callback(product, callback):
    channel = asked(product, callback, "ingest")
    expect_refused(product, f"{channel.id}?sign=4102444800-{'0' * 64}", "signature_wrong", channel=channel.id)
    assert callback.asked == []


@pytest.mark.parametrize(("status", "body"), [(500, b""), (302, b""), (503, b'{"reason":"x"}')])
def test_an_answer_that_is_none_is_a_failure(product, callback, status, body):
    channel = asked(product, callback, "ingest")
    callback.status, callback.body = status, body
    expect_refused(product, channel.name(), "authorise_failed", channel=channel.id)
    assert len(callback.asked) == 1, "a redirect is not followed"
    channel.patch(ingest={"authorise_on_failure": "allow"})
    assert publish(product, channel)[0].code == "NetStream.Publish.Start"


def test_a_callback_that_is_too_slow_follows_the_policy(product, callback):
    channel = asked(product, callback, "ingest", timeout_ms=300)
    callback.hold()
    began = time.monotonic()
    assert publish(product, channel)[0].description == "sluice: authorise_failed"
    assert 0.25 < time.monotonic() - began < 2
    channel.patch(ingest={"authorise_on_failure": "allow"})
    assert publish(product, channel)[0].code == "NetStream.Publish.Start"


def test_a_refused_connection_follows_the_policy(product, callback):
    channel = asked(product, callback, "ingest")
    callback.close()
    assert publish(product, channel)[0].description == "sluice: authorise_failed"


def test_a_second_publisher_is_refused_before_anybody_is_asked(product, callback):
    channel = asked(product, callback, "ingest")
    with live(product, channel):
        expect_refused(product, channel.name() + "&ticket=8", "already_publishing", BAD_NAME, channel.id)
        assert len(callback.asked) == 1
        channel.patch(ingest={"on_duplicate": "replace"})
        assert publish(product, channel)[0].code == "NetStream.Publish.Start"
    assert len(callback.asked) == 2


def test_a_publisher_that_leaves_while_it_waits_leaves_nothing_behind(product, callback):
    channel = asked(product, callback, "ingest", timeout_ms=5000)
    callback.hold()
    for leave in ("close", "reset"):
        connection = rtmp.Connection.open("127.0.0.1", product.rtmp)
        connection.connect()
        stream = connection.create_stream()
        connection.command("publish", None, channel.name() + f"&ticket={leave}", "live", stream_id=stream)
        wait_for(lambda: callback.asked and callback.asked[-1]["query"] == f"ticket={leave}", what="the question")
        getattr(connection, leave)()
    callback.release()
    with live(product, channel):
        pass


def test_a_publisher_that_unpublishes_while_it_waits_may_publish_again(product, callback):
    channel = asked(product, callback, "ingest", timeout_ms=5000)
    callback.hold()
    with rtmp.Connection.open("127.0.0.1", product.rtmp) as connection:
        connection.connect()
        stream = connection.create_stream()
        connection.command("publish", None, channel.name() + "&ticket=1", "live", stream_id=stream)
        wait_for(lambda: len(callback.asked) == 1, what="the question")
        connection.unpublish(channel.name())
        callback.release()
        stream = connection.create_stream()
        connection.command("publish", None, channel.name() + "&ticket=2", "live", stream_id=stream)
        assert connection._status(time.monotonic()).code == "NetStream.Publish.Start"


def test_a_channel_that_is_disabled_meanwhile_is_disabled(product, callback):
    channel = asked(product, callback, "ingest", timeout_ms=5000)
    callback.hold()
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(publish(product, channel)[0]))
    thread.start()
    wait_for(lambda: callback.asked, what="the question")
    channel.patch(enabled=False)
    callback.release()
    thread.join(5)
    assert statuses[0].description == "sluice: disabled"


def test_a_publisher_that_waits_survives_a_reload(product, callback):
    channel = asked(product, callback, "ingest", timeout_ms=10_000)
    callback.hold()
    statuses = []

    def push():
        statuses.append(Publisher(product.rtmp, channel.name(), clip("avc_quick")))

    thread = threading.Thread(target=push)
    thread.start()
    wait_for(lambda: callback.asked, what="the question")
    generation = product.generation()
    wanted = product.api.get("/settings").json()["limits"]["worker_connections"] - 1
    product.api.patch("/settings", {"limits": {"worker_connections": wanted}})
    product.wait_generation(generation, 20)
    callback.release()
    thread.join(10)
    with statuses[0] as publisher:
        assert publisher.accepted
        with watch(product, channel) as viewer:
            viewer.read_key_frame()


# Playing


@pytest.fixture
def stream(product, callback):
    """A live channel that asks about its viewers."""
    channel = asked(product, callback, "playback", timeout_ms=1000)
    with live(product, channel):
        yield channel


def viewers(product, channel):
    """One viewer of each kind, with a ticket of its own."""
    yield HttpFlv(f"{product.flv(channel.id)}?ticket=flv")
    yield WsFlv(f"ws://127.0.0.1:{product.http}/{channel.id}/live.flv?ticket=ws_flv")
    yield RtmpViewer("127.0.0.1", product.rtmp, f"{channel.id}?ticket=rtmp")


def test_viewers_of_every_kind_are_asked_about(product, callback, stream):
    for viewer in viewers(product, stream):
        with viewer:
            viewer.read_key_frame()
    assert [(q["action"], q["protocol"], q["query"]) for q in callback.asked] == [
        ("play", kind, f"ticket={kind}") for kind in ("flv", "ws_flv", "rtmp")]


def test_a_denied_viewer_is_told_in_the_callbacks_words(product, callback, stream):
    callback.deny("no “seat”")
    reply = httpx.get(product.flv(stream.id))
    assert reply.status_code == 403
    assert reply.json()["reason"] == "authorise_denied" and reply.json()["detail"].endswith("no “seat”")
    assert httpx.head(product.flv(stream.id)).status_code == 403
    with rtmp.Connection.open("127.0.0.1", product.rtmp) as player:
        status = player.play(stream.id)
        assert (status.code, status.description) == ("NetStream.Play.Failed", "sluice: authorise_denied: no “seat”")


@pytest.mark.parametrize(("policy", "status"), [("deny", 503), ("allow", 200)])
def test_a_viewer_whose_callback_is_too_slow_follows_the_policy(product, callback, stream, policy, status):
    stream.patch(playback={"authorise_on_failure": policy, "authorise_timeout_ms": 200})
    callback.hold()
    with watch(product, stream) as viewer:
        assert viewer.status == status
    with rtmp.Connection.open("127.0.0.1", product.rtmp) as player:
        assert player.play(stream.id).code == ("NetStream.Play.Failed" if policy == "deny" else "NetStream.Play.Start")


def test_the_second_viewer_asks_nobody(product, callback, stream):
    for _ in range(3):
        with watch(product, stream) as viewer:
            viewer.read_key_frame()
    assert len(callback.asked) == 1
    with watch(product, stream, "?ticket=8") as viewer:
        viewer.read_key_frame()
    assert len(callback.asked) == 2


def test_a_denial_is_remembered_too(product, callback, stream):
    callback.deny()
    assert [httpx.get(product.flv(stream.id)).status_code for _ in range(3)] == [403] * 3
    assert len(callback.asked) == 1


def test_two_hundred_equal_viewers_are_one_question(product, callback, stream):
    stream.patch(playback={"authorise_timeout_ms": 8000})
    callback.hold()
    with contextlib.ExitStack() as stack:
        replies = []

        def join():
            replies.append(stack.enter_context(watch(product, stream)))

        threads = [threading.Thread(target=join) for _ in range(200)]
        for thread in threads:
            thread.start()
        wait_for(lambda: callback.asked, what="the question")
        stays(lambda: not replies, 0.5, "viewers to wait")
        assert product.api.get("/channels").status_code == 200
        callback.release()
        for thread in threads:
            thread.join(20)
        assert [r.status for r in replies] == [200] * 200
        assert len(callback.asked) == 1
        replies[0].read_key_frame()


@pytest.mark.parametrize("query", ["?ticket=7", "?ticket={}"], ids=["that are equal", "that differ"])
def test_many_questions_that_wait_hold_up_no_other_channel(product, callback, stream, query):
    stream.patch(playback={"authorise_timeout_ms": 10_000})
    callback.hold()
    with Callback() as quick, contextlib.ExitStack() as stack:
        other = asked(product, quick, "ingest")
        replies = []

        def join(n):
            replies.append(stack.enter_context(watch(product, stream, query.format(n))))

        threads = [threading.Thread(target=join, args=(n,)) for n in range(200)]
        for thread in threads:
            thread.start()
        wait_for(lambda: product.api.metric("sluice_authorise_waiting") == 200, 30, "two hundred to wait")
        assert publish(product, other)[0].code == "NetStream.Publish.Start"
        assert product.api.metric("sluice_authorise_waiting") == 200
        callback.release()
        for thread in threads:
            thread.join(20)
        assert [r.status for r in replies] == [200] * 200


def test_a_viewer_that_leaves_while_it_waits_leaves_nothing_behind(product, callback, stream):
    stream.patch(playback={"authorise_timeout_ms": 5000})
    callback.hold()
    for n in range(5):
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{product.flv(stream.id)}?ticket={n}", timeout=0.3)
    callback.release()
    with watch(product, stream) as viewer:
        viewer.read_key_frame()
    wait_for(lambda: product.control.stream(stream.id)["viewers"]["flv"] <= 1, what="nobody else")


def test_a_slow_callback_delays_nobody_at_the_api(product, callback, stream):
    stream.patch(playback={"authorise_timeout_ms": 5000})
    callback.hold()
    threads = [threading.Thread(target=lambda n=n: watch(product, stream, f"?ticket={n}").close()) for n in range(40)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(callback.asked) == 40, 15, "forty calls at once")
    began = time.monotonic()
    assert product.api.get("/channels").status_code == 200
    assert time.monotonic() - began < 1
    callback.release()
    for thread in threads:
        thread.join(10)


def test_a_callback_that_keeps_failing_is_left_alone(product, callback, stream):
    callback.status = 500
    for n in range(8):
        assert httpx.get(f"{product.flv(stream.id)}?ticket={n}").status_code == 503
    assert len(callback.asked) == 5
    callback.status = 200

    def in_again():
        with watch(product, stream) as viewer:
            return viewer.status == 200
    wait_for(in_again, 10, "the callback to be tried again")


def test_the_control_plane_counts_its_questions(product, callback, stream):
    with watch(product, stream) as viewer:
        viewer.read_key_frame()
    text = product.api.get("/metrics").text
    for sample in ('calls_total{outcome="allowed"}', 'without_call_total{why="cached"}'):
        assert f"sluice_authorise_{sample} " in text


def test_a_viewers_token_does_not_see_the_callbacks(product, callback):
    channel = asked(product, callback, "ingest")
    channel.patch(playback={"authorise_url": callback.url})
    made = product.api.post("/tokens", {"scope": "viewer"}).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    for path in (channel.path, "/channels"):
        assert "callback-secret" not in product.api.get(path, headers=headers).text
        assert "callback-secret" in product.api.get(path).text
    product.api.delete(f"/tokens/{made['id']}")


@pytest.mark.deadline(180)
@pytest.mark.parametrize("policy", ["deny", "allow"])
def test_without_a_control_plane_nginx_applies_the_policy(product, callback, policy):
    both = {"authorise_url": callback.url, "authorise_on_failure": policy, "authorise_timeout_ms": 300}
    pushed = product.api.channel(ingest=both)
    watched = product.api.channel(playback=both)
    with live(product, watched):
        control = product.controlplane()
        processes.signal_to(control, signal.SIGSTOP)
        try:
            with watch(product, watched) as viewer:
                assert viewer.status == (200 if policy == "allow" else 503)
            status = publish(product, pushed)[0]
            assert status.code == ("NetStream.Publish.Start" if policy == "allow" else DENIED)
        finally:
            processes.signal_to(control, signal.SIGKILL)
        with watch(product, watched) as viewer:
            assert viewer.status == (200 if policy == "allow" else 503)
    assert not callback.asked
    wait_for(product.controlplane, 10, "the control plane to be back")
    wait_for(lambda: product.api.get("/health").status_code == 200, 20, "the API")
