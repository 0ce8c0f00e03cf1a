"""Turns encoded clips into the RTMP messages of an encoder: classic FLV and Enhanced RTMP."""

import struct
from typing import NamedTuple

from . import amf0, mp4
from .rtmp import AUDIO, DATA, VIDEO, Message

_FOURCC = {"avc1": b"avc1", "hvc1": b"hvc1", "hev1": b"hvc1", "av01": b"av01",
           "mp4a": b"mp4a", "Opus": b"Opus"}
_ENHANCED_ONLY = {"hvc1", "hev1", "av01", "Opus"}
_SEQUENCE_START, _CODED_FRAMES, _CODED_FRAMES_X = 0, 1, 3


class Clip(NamedTuple):
    """What an encoder sends: `headers` once, then `frames` in decoding order.

    `duration` in milliseconds is where the next round of a loop begins.
    """

    headers: list
    frames: list
    duration: int

    def messages(self, start=0):
        """Headers and frames, with timestamps from `start`."""
        return [at(m, start) for m in self.headers] + [at(m, start + m.timestamp) for m in self.frames]

    def looped(self, start=0):
        """Endless messages: the headers once, then the frames again and again."""
        yield from (at(m, start) for m in self.headers)
        while True:
            yield from (at(m, start + m.timestamp) for m in self.frames)
            start += self.duration


def at(message, timestamp):
    """The message with another timestamp, kept to 32 bits."""
    return message._replace(timestamp=timestamp & 0xFFFFFFFF)


def _signed24(value):
    return struct.pack(">i", value)[1:]


def avc_packet(kind, data, key=True, cts=0):
    """VIDEODATA with an AVCVIDEOPACKET (FLV 10.1, E.4.3.1); kind 0 header, 1 frame, 2 end."""
    return bytes([0x17 if key else 0x27, kind]) + _signed24(cts) + data


def enhanced_video(fourcc, kind, data, key=True, cts=None):
    """ExVideoTagHeader of Enhanced RTMP; `cts` only with CodedFrames."""
    head = bytes([0x80 | (1 if key else 2) << 4 | kind]) + fourcc
    return head + (b"" if cts is None else _signed24(cts)) + data


def enhanced_audio(fourcc, kind, data):
    """ExAudioTagHeader of Enhanced RTMP; kind 0 header, 1 frames."""
    return bytes([0x90 | kind]) + fourcc + data


def aac_packet(kind, data):
    """AUDIODATA with AACAUDIODATA (FLV 10.1, E.4.2.2); kind 0 header, 1 frame."""
    return bytes([0xAF, kind]) + data


def opus_head(dops):
    """The OpusHead of RFC 7845 from an MP4 `dOps` box: other byte order, a magic in front."""
    channels, skip, rate, gain, mapping = struct.unpack_from(">BHIhB", dops, 1)
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, skip, rate, gain, mapping)


def _video_messages(track, enhanced):
    code = _FOURCC[track.codec]
    if not enhanced:
        header = Message(VIDEO, 0, avc_packet(0, track.config))
        return header, [Message(VIDEO, s.dts, avc_packet(1, s.data, s.key, s.cts_offset))
                        for s in track.samples]
    header = Message(VIDEO, 0, enhanced_video(code, _SEQUENCE_START, track.config))
    return header, [Message(VIDEO, s.dts, _enhanced_frame(track.codec, code, s)) for s in track.samples]


def _enhanced_frame(codec, code, sample):
    # AV1 never carries a composition time; the others leave it out when it is 0.
    if codec == "av01":
        return enhanced_video(code, _CODED_FRAMES, sample.data, sample.key)
    if sample.cts_offset == 0:
        return enhanced_video(code, _CODED_FRAMES_X, sample.data, sample.key)
    return enhanced_video(code, _CODED_FRAMES, sample.data, sample.key, sample.cts_offset)


def _audio_messages(track, enhanced):
    if not enhanced:
        return (Message(AUDIO, 0, aac_packet(0, track.config)),
                [Message(AUDIO, s.dts, aac_packet(1, s.data)) for s in track.samples])
    code = _FOURCC[track.codec]
    config = opus_head(track.config) if track.codec == "Opus" else track.config
    return (Message(AUDIO, 0, enhanced_audio(code, 0, config)),
            [Message(AUDIO, s.dts, enhanced_audio(code, 1, s.data)) for s in track.samples])


def metadata(**fields):
    """`@setDataFrame onMetaData` as encoders send it."""
    body = amf0.encode_all("@setDataFrame", "onMetaData", amf0.EcmaArray(fields))
    return Message(DATA, 0, body)


def clip_of(tracks, enhanced=None, kinds=("video", "audio")):
    """The messages for MP4 tracks. `enhanced` None: only where classic FLV has no form."""
    headers = [metadata(encoder="sluicetest")]
    frames, duration = [], 0
    for track in (t for t in tracks if t.kind in kinds):
        modern = track.codec in _ENHANCED_ONLY if enhanced is None else enhanced
        make = _video_messages if track.kind == "video" else _audio_messages
        header, body = make(track, modern)
        headers.append(header)
        frames += body
        step = track.samples[-1].dts - track.samples[-2].dts
        duration = max(duration, track.samples[-1].dts + step)
    frames.sort(key=lambda m: m.timestamp)
    return Clip(headers, frames, duration)


def read_clip(path, **how):
    """The messages for an MP4 file."""
    return clip_of(mp4.read(path), **how)
