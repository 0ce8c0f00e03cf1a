"""The tests' own tools are right: FFmpeg, as an independent judge, agrees with them."""

import json
import socket
import struct
import subprocess

import pytest
from sluicetest import amf0, clips, flv, media, mp4
from sluicetest.publisher import clip
from sluicetest.rtmp import AUDIO, COMMAND, VIDEO, Connection


def as_flv(messages):
    """An FLV file of the messages."""
    out = [b"FLV\x01\x05\0\0\0\x09\0\0\0\0"]
    for m in messages:
        stamp = struct.pack(">I", m.timestamp)
        head = bytes([m.type]) + struct.pack(">I", len(m.payload))[1:] + stamp[1:] + stamp[:1] + bytes(3)
        out += [head, m.payload, struct.pack(">I", 11 + len(m.payload))]
    return b"".join(out)


@pytest.mark.parametrize("name", ["avc", "avc_bframes", "video_only", "audio_only"])
def test_clips_become_flv_that_ffmpeg_decodes(tmp_path, name):
    path = tmp_path / "clip.flv"
    # FFmpeg expects the script data without @setDataFrame, so the metadata stays out.
    path.write_bytes(as_flv([m for m in clip(name).messages() if m.type != 18]))
    done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", path],
                          capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    streams = json.loads(done.stdout)["streams"]
    frames = {"video": VIDEO, "audio": AUDIO}
    for stream in streams:
        kind = frames[stream["codec_type"]]
        assert int(stream["nb_read_frames"]) == sum(m.type == kind for m in clip(name).frames)


def test_mp4_samples_are_what_ffprobe_lists():
    path = clips.clip_path("avc_bframes")
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=size,flags",
                           "-of", "csv=p=0", path], capture_output=True, text=True, check=True)
    listed = [(int(size), "K" in flags) for size, flags in (x.split(",")[:2] for x in done.stdout.split())]
    track = next(t for t in mp4.read(path) if t.kind == "video")
    assert [(len(s.data), s.key) for s in track.samples] == listed


def test_the_flv_parser_gives_back_what_was_written_in_any_pieces():
    messages = clip("avc").messages(0xFFFFFF)
    data = as_flv(messages)
    for size in (1, 7, 1000, len(data)):
        parser, tags = flv.Parser(), []
        part = data if size > 1 else data[:3000]
        for at in range(0, len(part), size):
            tags += parser.feed(part[at : at + size])
        wanted = messages if size > 1 else messages[: len(tags)]
        assert [(t.type, t.timestamp, t.payload) for t in tags] == [m[:3] for m in wanted]


@pytest.mark.parametrize("at", [0, 3, 13, 21, -1], ids=["magic", "version", "type", "stream", "previous"])
def test_the_flv_parser_finds_damage(at):
    data = bytearray(as_flv(clip("avc").messages()[1:4]))
    assert len(flv.Parser().feed(data)) == 3
    data[at] ^= 0x40
    with pytest.raises(flv.Damaged):
        flv.Parser().feed(data)


def test_checks_fail_on_what_they_are_for():
    def tag(kind, stamp, payload):
        return flv.Tag(kind, stamp, payload, 0)

    key, delta = tag(VIDEO, 0, media.avc_packet(1, b"x")), tag(VIDEO, 40, media.avc_packet(1, b"x", key=False))
    header = tag(VIDEO, 0, media.avc_packet(0, b"c"))
    flv.check_rising([key, delta, delta])
    flv.check_rising([tag(VIDEO, 0xFFFFFFF0, b""), tag(VIDEO, 16, b"")], largest_step_ms=32)
    flv.check_start([header, key, delta])
    for broken in ([delta, key], [key, delta._replace(timestamp=500)]):
        with pytest.raises(AssertionError):
            flv.check_rising(broken, largest_step_ms=100)
    for broken in ([key], [header, delta]):
        with pytest.raises(AssertionError):
            flv.check_start(broken)


def test_amf0_comes_back_as_it_was():
    values = ["connect", 1.0, {"app": "stream", "deep": {"n": None, "t": True}}, amf0.EcmaArray(a=1.5), [1.0, "x"], None]
    assert amf0.decode(amf0.encode_all(*values)) == values


@pytest.mark.parametrize("size", [1, 128, 4096])
def test_chunks_carry_extended_timestamps_in_every_continuation(size):
    here, there = socket.socketpair()
    sender, receiver = Connection(here), Connection(there)
    sender.out_chunk = receiver.in_chunk = size
    for stamp in (0, 0xFFFFFE, 0xFFFFFF, 0xFFFFFFFF):
        sender.send(VIDEO, bytes(range(256)) * 3, stamp, 1)
        message = receiver.read(1)
        assert (message.timestamp, message.payload) == (stamp, bytes(range(256)) * 3)
    sender.send(COMMAND, amf0.encode_all("x", 1, None))
    assert receiver.expect_command("x") == [None]
