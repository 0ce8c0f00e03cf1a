"""Timestamps as encoders get them wrong, and sound that comes when it likes: what is packaged decodes all the same."""

import itertools
import subprocess

import pytest
from sluicetest import nginx as nginx_process, packaged
from sluicetest.endless import Endless
from sluicetest.media import at
from sluicetest.packaged import AUDIO, MANIFEST, MULTIVARIANT, TRANSPORT, VIDEO, Channel, tag
from sluicetest.publisher import Publisher
from sluicetest.rtmp import AUDIO as SOUND, DATA, VIDEO as PICTURE

WRAP = 1 << 32
SECONDS = 7


class Bent:
    """Seven seconds with bent times: `bend(time, message)` gives another time, None leaves the message out."""

    def __init__(self, bend):
        self.bend = bend

    def messages(self, start=0):
        clip = itertools.takewhile(lambda m: m.timestamp <= SECONDS * 1000, Endless("fps_50", 50).looped())
        bent = [(self.bend(m.timestamp, m), m) for m in clip]
        return [at(m, time) for time, m in self.in_order([b for b in bent if b[0] is not None])]

    @staticmethod
    def in_order(bent):
        """A header that comes late stands before what it is for."""
        late = [b for b in bent if is_header(b[1]) and b[0] > 0]
        if len(late) != 1:
            return bent
        return sorted(bent, key=lambda b: b[0])


def jumping(from_ms, by_ms):
    """Times that jump once, in the middle."""
    return lambda time, _: from_ms + time + (by_ms if time >= 3500 else 0)


def is_header(message):
    return message.type != DATA and message.payload[1] == 0


def late(kind, header_ms):
    """Media of that kind comes after three seconds, its header at this time."""
    def bend(time, message):
        if message.type != kind:
            return time
        if is_header(message):
            return header_ms
        return time if time >= 3000 else None
    return bend


BENDS = {
    "wrap": jumping(WRAP - 3000, 0),
    "extended": jumping(0xFFFFFF - 3000, 0),
    "an-hour-on": jumping(4_000_000, 3_600_000),
    "an-hour-back": jumping(4_000_000, -3_600_000),
    "reset": lambda time, _: time + 90_000_000 if time < 3500 else time - 3500,
    "late-sound": late(SOUND, 2990),
    "late-sound-that-was-told": late(SOUND, 0),
    "late-pictures": late(PICTURE, 2990),
    "late-pictures-that-were-told": late(PICTURE, 0),
    "sound-that-ends": lambda time, m: time if m.type != SOUND or time <= 3000 else None,
    "a-hole-of-a-second": lambda time, _: time if not 3000 < time < 4000 else None,
    "jitter": lambda time, m: time + (time // 20 % 3 - 1) * 4 if time > 20 else time,
}


@pytest.fixture(scope="module")
def ended():
    """All of them are published at once, and end: the channels."""
    server = nginx_process.Nginx(workers=2, **packaged.parts(
        main="sluice_package_linger 300s;",
        application="sluice_package_segment 1s; sluice_package_list 20; sluice_ingest_reconnect_window 0;"))
    try:
        server.start()
        pushes = {name: Publisher(server.rtmp, name, Bent(bend), loop=False) for name, bend in BENDS.items()}
        for name, push in pushes.items():
            assert push.finished.wait(20), name
            push.stop()
            Channel(server, name).wait_ended(VIDEO)
        yield {name: Channel(server, name) for name in BENDS}
        server.stop()
    finally:
        server.discard()


@pytest.mark.parametrize("name", BENDS)
def test_playlists_please_the_judges(ended, name):
    for path in (VIDEO, AUDIO, TRANSPORT):
        said = ended[name].playlist(path)
        assert sum(s["duration"] for s in said["segments"]) >= 2.9, said
        assert all(s["duration"] <= said["target"] + 0.5 for s in said["segments"]), said
    ended[name].manifest()


@pytest.mark.parametrize("name", [n for n in BENDS if "late-" not in n and n != "a-hole-of-a-second"])
def test_a_jump_of_the_encoders_clock_is_no_break(ended, name):
    for path in (VIDEO, TRANSPORT):
        text = ended[name].text(path)
        assert "#EXT-X-DISCONTINUITY\n" not in text and tag(text, "EXT-X-DISCONTINUITY-SEQUENCE") is None, text


@pytest.mark.parametrize("path", [MULTIVARIANT, TRANSPORT, MANIFEST])
@pytest.mark.parametrize("name", BENDS)
def test_a_player_decodes_it(ended, name, path):
    if (name, path) == ("late-pictures", TRANSPORT):
        pytest.skip("ffmpeg takes the streams of the first segment, which has no pictures")
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-i", ended[name].url(path),
            "-map", "0:v", "-f", "null", "-"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr[-2000:]
