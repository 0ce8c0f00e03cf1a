"""AMF0, as far as RTMP commands and metadata need it (Adobe AMF 0 specification)."""

import struct


class Undefined:
    """The AMF0 value `undefined`."""

    def __repr__(self):
        return "undefined"


UNDEFINED = Undefined()


class EcmaArray(dict):
    """A dict that is written as an ECMA array (marker 8) instead of an object."""


def _string(text):
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def _members(pairs):
    return b"".join(_string(k) + encode(v) for k, v in pairs.items()) + b"\x00\x00\x09"


def encode(value):
    """One AMF0 value as bytes."""
    if isinstance(value, bool):
        return bytes([1, value])
    if isinstance(value, (int, float)):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + _string(value)
    if isinstance(value, EcmaArray):
        return b"\x08" + struct.pack(">I", len(value)) + _members(value)
    if isinstance(value, dict):
        return b"\x03" + _members(value)
    if value is None:
        return b"\x05"
    if value is UNDEFINED:
        return b"\x06"
    if isinstance(value, list):
        return b"\x0a" + struct.pack(">I", len(value)) + encode_all(*value)
    raise TypeError(f"no AMF0 form for {value!r}")


def encode_all(*values):
    """Several values one after another, as in a command message."""
    return b"".join(encode(v) for v in values)


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError("AMF0 value is truncated")
        self.at += n
        return self.data[self.at - n : self.at]

    def unpack(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def string(self, form=">H"):
        return self.take(self.unpack(form)).decode()

    def members(self):
        found = {}
        while True:
            key = self.string()
            if not key and self.data[self.at : self.at + 1] == b"\x09":
                self.at += 1
                return found
            found[key] = self.value()

    def ecma(self):
        self.take(4)
        return EcmaArray(self.members())

    def value(self):
        marker = self.take(1)[0]
        readers = {
            0: lambda: self.unpack(">d"),
            1: lambda: bool(self.take(1)[0]),
            2: self.string,
            3: self.members,
            5: lambda: None,
            6: lambda: UNDEFINED,
            8: self.ecma,
            10: lambda: [self.value() for _ in range(self.unpack(">I"))],
            11: lambda: (self.unpack(">d"), self.take(2))[0],
            12: lambda: self.string(">I"),
        }
        if marker not in readers:
            raise ValueError(f"AMF0 marker {marker}")
        return readers[marker]()


def decode(data):
    """All values in `data`."""
    reader = _Reader(data)
    values = []
    while reader.at < len(data):
        values.append(reader.value())
    return values
