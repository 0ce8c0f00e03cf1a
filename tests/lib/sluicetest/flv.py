"""Reads FLV (Adobe FLV 10.1, annex E, and Enhanced RTMP) and checks what must always hold."""

import struct
import time
from typing import NamedTuple

from .rtmp import AUDIO, DATA, VIDEO

HEADER_BYTES = 9
TAG_HEADER_BYTES = 11
_CLASSIC_AVC, _CLASSIC_AAC = 7, 10


class Damaged(Exception):
    """The bytes are not the FLV that they should be."""


class Tag(NamedTuple):
    """One FLV tag. `timestamp` in milliseconds, 32 bits; `received` by time.monotonic()."""

    type: int
    timestamp: int
    payload: bytes
    received: float

    @property
    def enhanced(self):
        if self.type == VIDEO:
            return bool(self.payload[0] & 0x80)
        return self.type == AUDIO and self.payload[0] >> 4 == 9

    @property
    def is_config(self):
        """A codec's configuration rather than a frame."""
        if self.type == DATA or len(self.payload) < 2:
            return False
        if self.enhanced:
            return self.payload[0] & 0x0F == 0
        classic = (self.payload[0] & 0x0F == _CLASSIC_AVC if self.type == VIDEO
                   else self.payload[0] >> 4 == _CLASSIC_AAC)
        return classic and self.payload[1] == 0

    @property
    def is_frame(self):
        return self.type != DATA and not self.is_config

    @property
    def is_key(self):
        """A video frame that decoding can start at."""
        return self.type == VIDEO and self.is_frame and (self.payload[0] >> 4 & 7) == 1


class Parser:
    """Takes bytes as they come; gives whole tags. Raises Damaged at the first fault."""

    def __init__(self):
        self.flags = None
        self._rest = bytearray()

    def feed(self, data, now=None):
        """The tags that `data` completes."""
        self._rest += data
        if self.flags is None and not self._header():
            return []
        now = time.monotonic() if now is None else now
        tags = []
        while tag := self._tag(now):
            tags.append(tag)
        return tags

    def _header(self):
        if len(self._rest) < HEADER_BYTES + 4:
            return False
        magic, version, flags, size, previous = struct.unpack_from(">3sBBII", self._rest)
        if (magic, version, size, previous) != (b"FLV", 1, HEADER_BYTES, 0):
            raise Damaged(f"FLV header {bytes(self._rest[:13]).hex()}")
        self.flags = flags
        del self._rest[: HEADER_BYTES + 4]
        return True

    def _tag(self, now):
        if len(self._rest) < TAG_HEADER_BYTES:
            return None
        size = int.from_bytes(self._rest[1:4], "big")
        end = TAG_HEADER_BYTES + size
        if len(self._rest) < end + 4:
            return None
        kind, stream = self._rest[0], int.from_bytes(self._rest[8:11], "big")
        previous = int.from_bytes(self._rest[end : end + 4], "big")
        if kind not in (AUDIO, VIDEO, DATA) or stream != 0 or previous != end:
            raise Damaged(f"tag type {kind}, stream {stream}, size {size}, previous tag size {previous}")
        stamp = int.from_bytes(self._rest[4:7], "big") | self._rest[7] << 24
        tag = Tag(kind, stamp, bytes(self._rest[TAG_HEADER_BYTES:end]), now)
        del self._rest[: end + 4]
        return tag


def check_rising(tags, largest_step_ms=None):
    """Timestamps never go back (modulo 2^32), nor forward by more than `largest_step_ms`."""
    for before, after in zip(tags, tags[1:]):
        step = (after.timestamp - before.timestamp + 0x80000000) % 0x100000000 - 0x80000000
        assert step >= 0, f"timestamp goes back: {before.timestamp} then {after.timestamp}"
        if largest_step_ms is not None:
            assert step <= largest_step_ms, f"jump: {before.timestamp} then {after.timestamp}"


def check_start(tags):
    """Configuration of each codec comes before its frames, and video starts with a key frame."""
    configured, keyed = set(), False
    for tag in tags:
        if tag.is_config:
            configured.add(tag.type)
        if not tag.is_frame:
            continue
        assert tag.type in configured, f"frame of type {tag.type} before its configuration"
        if tag.type == VIDEO:
            keyed = keyed or tag.is_key
            assert keyed, "video does not start with a key frame"


def payloads(tags, kinds=(AUDIO, VIDEO)):
    """(type, payload) of the tags of these kinds, in order."""
    return [(t.type, t.payload) for t in tags if t.type in kinds]
