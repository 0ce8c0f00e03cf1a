"""Reads the samples of a plain (not fragmented) MP4 file: ISO/IEC 14496-12."""

import struct
from typing import NamedTuple


class Sample(NamedTuple):
    """One access unit; times in milliseconds."""

    dts: int
    cts_offset: int
    key: bool
    data: bytes


class Track(NamedTuple):
    """`codec` is the sample entry's type, `config` the codec's configuration record."""

    kind: str
    codec: str
    config: bytes
    samples: list


_CONFIG_BOX = {"avc1": "avcC", "hvc1": "hvcC", "hev1": "hvcC", "av01": "av1C", "Opus": "dOps"}


def boxes(data, start=0, end=None):
    """(type, body start, body end) of each box in data[start:end]."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = end - at
        yield kind.decode("latin-1"), at + head, at + size
        at += size


def _find(data, path, start=0, end=None):
    for name in path.split("/"):
        start, end = next((s, e) for n, s, e in boxes(data, start, end) if n == name)
    return start, end


def _optional(data, path, start, end):
    try:
        return _find(data, path, start, end)
    except StopIteration:
        return None


def _table(data, form, span):
    """The entries of a full box that begins with a count."""
    count = struct.unpack_from(">I", data, span[0] + 4)[0]
    size = struct.calcsize(form)
    return [struct.unpack_from(form, data, span[0] + 8 + i * size) for i in range(count)]


def _descriptor(data, at):
    """(tag, body start, body end) of an MPEG-4 descriptor (ISO/IEC 14496-1, 8.3.3)."""
    tag, size, at = data[at], 0, at + 1
    while True:
        byte, at = data[at], at + 1
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            return tag, at, at + size


def _audio_specific_config(data, start):
    _, at, _ = _descriptor(data, start + 4)  # ES descriptor, after version and flags
    _, at, _ = _descriptor(data, at + 3)  # decoder configuration, after ES_ID and flags
    _, begin, end = _descriptor(data, at + 13)  # decoder specific info
    return data[begin:end]


def _entry(data, stbl):
    """(kind, codec, configuration) from the first sample entry."""
    start, end = _find(data, "stsd", *stbl)
    codec, body, stop = next(boxes(data, start + 8, end))
    kind = "audio" if codec in ("mp4a", "Opus") else "video"
    children = list(boxes(data, body + (28 if kind == "audio" else 78), stop))
    if codec == "mp4a":
        at = next(s for n, s, _ in children if n == "esds")
        return kind, codec, _audio_specific_config(data, at)
    at, to = next((s, e) for n, s, e in children if n == _CONFIG_BOX[codec])
    return kind, codec, data[at:to]


def _sizes(data, stbl):
    start, _ = _find(data, "stsz", *stbl)
    fixed, count = struct.unpack_from(">II", data, start + 4)
    return [fixed] * count if fixed else list(struct.unpack_from(f">{count}I", data, start + 12))


def _offsets(data, stbl, sizes):
    """File offset of each sample, from the chunk tables."""
    chunks = [c for (c,) in _table(data, ">I", _find(data, "stco", *stbl))]
    runs = _table(data, ">III", _find(data, "stsc", *stbl))
    sample, offsets = 0, []
    for number, at in enumerate(chunks, 1):
        per_chunk = [n for first, n, _ in runs if first <= number][-1]
        for _ in range(per_chunk):
            offsets.append(at)
            at += sizes[sample]
            sample += 1
    return offsets


def _expand(entries):
    return [value for count, value in entries for _ in range(count)]


def _composition(data, stbl, count):
    span = _optional(data, "ctts", *stbl)
    return _expand(_table(data, ">Ii", span)) if span else [0] * count


def _first_media_time(data, trak):
    """Where the edit list begins: it shifts presentation so that B-frames start at 0."""
    span = _optional(data, "edts/elst", *trak)
    times = [t for _, t, _ in _table(data, ">IiI", span) if t >= 0] if span else []
    return times[0] if times else 0


def _track(data, trak):
    mdhd, _ = _find(data, "mdia/mdhd", *trak)
    scale = struct.unpack_from(">I", data, mdhd + 12)[0]
    stbl = _find(data, "mdia/minf/stbl", *trak)
    kind, codec, config = _entry(data, stbl)
    sizes = _sizes(data, stbl)
    durations = _expand(_table(data, ">II", _find(data, "stts", *stbl)))
    composition = _composition(data, stbl, len(sizes))
    sync = _optional(data, "stss", *stbl)
    keys = {n for (n,) in _table(data, ">I", sync)} if sync else None
    samples, now, shift = [], 0, _first_media_time(data, trak) if kind == "video" else 0
    for i, (at, size) in enumerate(zip(_offsets(data, stbl, sizes), sizes)):
        dts = now * 1000 // scale
        samples.append(Sample(dts, round((composition[i] - shift) * 1000 / scale),
                              keys is None or i + 1 in keys, data[at : at + size]))
        now += durations[i]
    return Track(kind, codec, config, samples)


def read(path):
    """The tracks of the file."""
    data = path.read_bytes()
    start, end = _find(data, "moov")
    return [_track(data, (s, e)) for n, s, e in boxes(data, start, end) if n == "trak"]
