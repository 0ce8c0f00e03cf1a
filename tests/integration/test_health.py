"""A stream that does badly is reported once, and once more when it does well again."""

import contextlib
import signal

import pytest
from sluicetest import media, processes
from sluicetest.journal import Journal
from sluicetest.publisher import Publisher, clip
from sluicetest.rtmp import AUDIO, VIDEO
from sluicetest.waiting import stays, wait_for

LIMITS = {"max_keyframe_interval_s": None, "max_av_drift_ms": None, "for_s": 1}
SILENCE = media.aac_packet(1, bytes.fromhex("01182007"))  # what FFmpeg's encoder makes of anullsrc, mono


def key_frame(message):
    return message.type == VIDEO and message.payload[0] >> 4 == 1


def thin(message, _):
    return message._replace(payload=message.payload[:40])


def slow(message, count):
    return message if message.type != VIDEO or key_frame(message) or count % 3 == 0 else None


def without_keys(message, _):
    return message._replace(payload=b"\x27" + message.payload[1:]) if key_frame(message) else message


def shifted(message, _):
    return media.at(message, message.timestamp + 700) if message.type == AUDIO else message


def silent(message, _):
    return message._replace(payload=SILENCE) if message.type == AUDIO else message


def soundless(message, _):
    return message if message.type != AUDIO else None


# name: (the channel's rule, what spoils the stream, rule, threshold, reason, whether a value is a breach)
COURSES = {
    "low-bitrate": ({"min_bitrate_kbps": 100}, thin, "bitrate", 100, "bitrate_low", lambda v: 0 < v < 100),
    "low-fps": ({"min_fps": 15}, slow, "fps", 15, "fps_low", lambda v: 5 < v < 15),
    "long-gop": ({"max_keyframe_interval_s": 2}, without_keys, "keyframe_interval", 2, "keyframe_late",
                 lambda v: v > 2),
    "drift": ({"max_av_drift_ms": 400}, shifted, "av_drift", 400, "av_drift", lambda v: 400 < v < 800),
    "silent-audio": ({"max_silence_s": 1}, silent, "silence", 1, "silence", lambda v: v > 1),
    "no-audio": ({"max_silence_s": 1}, soundless, "silence", 1, "silence", lambda v: v > 1),
}


class Encoder(Publisher):
    """A publisher whose frames go through `fault` (message, number of the frame) while there is one."""

    fault = None

    def __init__(self, server, name):
        super().__init__(server.rtmp, name, clip("avc_quick"))
        send, count = self.connection.media, 0

        def spoilt(message):
            nonlocal count
            count += 1
            if self.fault and message.type in (AUDIO, VIDEO) and message.payload[1] == 1:
                message = self.fault(message, count)
            if message is not None:
                send(message)

        self.connection.media = spoilt


def channel_for(api, limits):
    return api.channel(health=LIMITS | limits)


@pytest.fixture(scope="module")
def told(own_system):
    """Six streams at once that are spoilt and heal: for each name its channel, what the status said, the events."""
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(own_system.control.events())
        channels = {name: channel_for(own_system.api, course[0]) for name, course in COURSES.items()}
        encoders = {name: stack.enter_context(Encoder(own_system, c.name())) for name, c in channels.items()}
        wait_for(lambda: all((s := c.status())["video"] and s["video"]["bitrate_bps"] and not s["health"]
                             for c in channels.values()), 10, "good streams")
        for name, encoder in encoders.items():
            encoder.fault = COURSES[name][1]
        for channel in channels.values():
            events.wait("stream.degraded", 15, channel=channel.id)
        statuses = {name: channel.status()["health"] for name, channel in channels.items()}
        for encoder in encoders.values():
            encoder.fault = None
        for channel in channels.values():
            events.wait("stream.recovered", 15, channel=channel.id)
        after = {name: channel.status()["health"] for name, channel in channels.items()}
        seen = len(events.seen)
        stays(lambda: len(events.seen) == seen, 2, "quiet")
        yield {name: (c, statuses[name], after[name], events) for name, c in channels.items()}


@pytest.mark.parametrize("name", COURSES)
def test_a_fault_is_reported_once_and_its_end_too(told, name):
    _, _, rule, threshold, reason, is_breach = COURSES[name]
    channel, status, after, events = told[name]

    degraded = events.find("stream.degraded", channel=channel.id)
    recovered = events.find("stream.recovered", channel=channel.id)

    assert [e["data"]["rule"] for e in degraded] == [rule]
    assert [e["data"]["rule"] for e in recovered] == [rule]
    assert degraded[0]["data"]["threshold"] == threshold
    assert degraded[0]["data"]["reason"] == reason
    assert is_breach(degraded[0]["data"]["value"])
    assert not is_breach(recovered[0]["data"]["value"])
    assert [(b["rule"], b["threshold"]) for b in status] == [(rule, threshold)]
    assert is_breach(status[0]["value"])
    assert abs(status[0]["since_ms"] - degraded[0]["ts_ms"]) < 5000
    assert after == []


def test_an_nginx_that_starts_anew_is_no_recovery(own_system):
    """The stream comes back as bad as it was: nothing is told twice, nothing is said to be well."""
    channel = channel_for(own_system.api, {"max_silence_s": 1})
    with Encoder(own_system, channel.name()) as encoder, own_system.control.events() as events:
        encoder.fault = silent
        events.wait("stream.degraded", 15, channel=channel.id)
        boot = own_system.control.json("/-/streams")["boot"]
        processes.signal_to(own_system.master, signal.SIGKILL)

        def another_boot():
            with contextlib.suppress(OSError):
                return own_system.control.json("/-/streams")["boot"] != boot
        wait_for(another_boot, 20, "nginx to be back")
    with Encoder(own_system, channel.name()) as encoder, own_system.control.events() as events:
        encoder.fault = silent
        stays(lambda: not events.find("stream.degraded") and not events.find("stream.recovered"), 6, "quiet")
        assert [b["rule"] for b in channel.status()["health"]] == ["silence"]
        encoder.fault = None
        events.wait("stream.recovered", 10, channel=channel.id)


def test_a_stream_that_stops_is_no_recovery(own_system):
    channel = channel_for(own_system.api, {"max_silence_s": 1})
    with own_system.control.events() as events:
        with Encoder(own_system, channel.name()) as encoder:
            encoder.fault = silent
            events.wait("stream.degraded", 15, channel=channel.id)
        own_system.control.wait_state(channel.id, "idle", 15)
        wait_for(lambda: not channel.status()["health"], 5, "the breach to go with its stream")
        assert not events.find("stream.recovered", channel=channel.id)


def test_a_control_plane_that_was_killed_tells_nothing_twice_and_leaves_out_no_end(own_system):
    heals, stays_bad = (channel_for(own_system.api, {"max_silence_s": 1}) for _ in range(2))
    journal = Journal(own_system.api)
    with Encoder(own_system, heals.name()) as good, Encoder(own_system, stays_bad.name()) as bad:
        good.fault = bad.fault = silent
        for channel in (heals, stays_bad):
            journal.wait("stream.degraded", 15, channel=channel.id)
        control_plane = own_system.controlplane()
        processes.signal_to(control_plane, signal.SIGKILL)
        good.fault = None
        wait_for(lambda: own_system.controlplane() not in (None, control_plane), 20, "another control plane")
        wait_for(lambda: own_system.api.get("/health").status_code == 200, 20, "it to answer")
        journal.wait("stream.recovered", 20, channel=heals.id)
        wait_for(lambda: [b["rule"] for b in stays_bad.status()["health"]] == ["silence"], 10, "what was known")
        assert heals.status()["health"] == []
        stays(lambda: len([e for e in journal.read() if e["type"] in ("stream.degraded", "stream.recovered")]) == 3,
              4, "nothing told twice")
        bad.fault = None
        journal.wait("stream.recovered", 15, channel=stays_bad.id)
