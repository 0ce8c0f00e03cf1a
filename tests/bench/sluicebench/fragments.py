"""Fragmented MP4 (ISO/IEC 14496-12) as it comes on a pipe."""

import struct
from typing import NamedTuple

CONTAINERS = (b"moov", b"trak", b"mdia", b"moof", b"traf")


class Fragment(NamedTuple):
    """A moof with its media, whole. `picture_s`: the decoding time of its first picture; None: it has none."""

    data: bytes
    frames: int
    time_s: float
    picture_s: float | None


class FragmentReader:
    """Takes bytes as they come. `head` is what comes before the first fragment."""

    def __init__(self):
        self.head = b""
        self._rest = bytearray()
        self._moof = None
        self._tracks = {}  # track_ID → (handler, timescale)

    def feed(self, data):
        """The fragments that `data` completes."""
        self._rest += data
        found = []
        while (box := self._box()) is not None:
            kind = box[4:8]
            if kind == b"moof":
                self._moof = box
            elif kind == b"mdat":
                found.append(self._fragment(box))
            else:
                self.head += box
                if kind == b"moov":
                    self._note_tracks(box)
        return found

    def _box(self):
        if len(self._rest) < 8 or len(self._rest) < (size := int.from_bytes(self._rest[:4], "big")):
            return None
        box = bytes(self._rest[:size])
        del self._rest[:size]
        return box

    def _note_tracks(self, moov):
        track = None
        for kind, body in boxes(moov):
            if kind == b"tkhd":
                track = int.from_bytes(body[20:24] if body[0] else body[12:16], "big")
            elif kind == b"mdhd":
                scale = int.from_bytes(body[20:24] if body[0] else body[12:16], "big")
            elif kind == b"hdlr" and track is not None:
                self._tracks[track] = (body[8:12], scale)
                track = None

    def _fragment(self, mdat):
        times, frames = {}, 0
        for kind, body in boxes(self._moof):
            if kind == b"tfhd":
                handler, scale = self._tracks[int.from_bytes(body[4:8], "big")]
            elif kind == b"tfdt":
                times[handler] = int.from_bytes(body[4:12] if body[0] else body[4:8], "big") / scale
            elif kind == b"trun":
                frames += int.from_bytes(body[4:8], "big")
        return Fragment(self._moof + mdat, frames, min(times.values()), times.get(b"vide"))


def boxes(data):
    """(type, body) of each box in it and in what contains others, in order."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + size]
        if kind in CONTAINERS:
            yield from boxes(body)
        else:
            yield kind, body
        at += size
