"""An RTMP client in plain Python: one socket, one thread, every byte under the test's control.

Clauses are those of Adobe's "Real-Time Messaging Protocol", 1.0.
"""

import os
import socket
import ssl
import struct
import time
from typing import NamedTuple

from . import amf0

SET_CHUNK_SIZE, ABORT, ACK, USER_CONTROL, WINDOW_ACK, PEER_BANDWIDTH = 1, 2, 3, 4, 5, 6
AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20
PING, PONG = 6, 7

HANDSHAKE_BYTES = 1536
_CHANNEL = {AUDIO: 4, VIDEO: 6, DATA: 5}  # chunk stream of each kind of message
_EXTENDED = 0xFFFFFF


class Closed(Exception):
    """The server ended the connection."""


class Message(NamedTuple):
    """One RTMP message. `timestamp` in milliseconds, 32 bits."""

    type: int
    timestamp: int
    payload: bytes
    stream_id: int = 1


class Status(NamedTuple):
    """An onStatus answer; `after_s` counts from the request that it answers."""

    level: str
    code: str
    description: str
    after_s: float


class _Incoming:
    """What is known of one chunk stream while its messages are put together (clause 5.3.1)."""

    def __init__(self):
        self.timestamp = self.delta = self.length = self.type = self.stream_id = 0
        self.extended = False
        self.body = bytearray()


class Connection:
    """A client's end of an RTMP connection; not thread-safe."""

    def __init__(self, sock, timeout=5.0):
        self.sock = sock
        self.timeout = timeout
        self.out_chunk = self.in_chunk = 128
        self.statuses = []
        self._inbox = bytearray()
        self._partial = {}
        self._received = self._acked = 0
        self._window = 0
        self._transaction = 0
        sock.settimeout(timeout)

    @classmethod
    def open(cls, host, port, tls=False, timeout=5.0, handshake=True):
        """Connects and shakes hands. TLS takes any certificate."""
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        connection = cls(sock, timeout)
        if handshake:
            connection.handshake()
        return connection

    def close(self):
        self.sock.close()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending

    def handshake(self):
        """The simple handshake (clause 5.2)."""
        self.sock.sendall(b"\x03" + bytes(8) + os.urandom(HANDSHAKE_BYTES - 8))
        s0s1s2 = self._take(1 + 2 * HANDSHAKE_BYTES, time.monotonic() + self.timeout)
        self.sock.sendall(s0s1s2[1 : 1 + HANDSHAKE_BYTES])

    def send(self, kind, payload, timestamp=0, stream_id=0, channel=None):
        """Sends one message: a full header, then continuations (clause 5.3.1.2)."""
        self.sock.sendall(self.chunks(kind, payload, timestamp, stream_id, channel))

    def chunks(self, kind, payload, timestamp=0, stream_id=0, channel=None):
        """The bytes of one message as chunks of `out_chunk` bytes."""
        if channel is None:
            channel = _CHANNEL.get(kind, 3 if kind == COMMAND else 2)
        timestamp &= 0xFFFFFFFF
        extended = struct.pack(">I", timestamp) if timestamp >= _EXTENDED else b""
        head = struct.pack(">I", min(timestamp, _EXTENDED))[1:]
        head += struct.pack(">I", len(payload))[1:] + bytes([kind]) + struct.pack("<I", stream_id)
        out = [bytes([channel]), head, extended, payload[: self.out_chunk]]
        for at in range(self.out_chunk, len(payload), self.out_chunk):
            out += [bytes([0xC0 | channel]), extended, payload[at : at + self.out_chunk]]
        return b"".join(out)

    def set_chunk_size(self, size, announce=None):
        """Announces a chunk size; `announce` lets the announcement lie."""
        self.send(SET_CHUNK_SIZE, struct.pack(">I", size if announce is None else announce))
        self.out_chunk = size

    def command(self, name, *args, stream_id=0):
        """Sends a command and returns its transaction number."""
        self._transaction += 1
        body = amf0.encode_all(name, self._transaction, *args)
        self.send(COMMAND, body, stream_id=stream_id)
        return self._transaction

    def media(self, message):
        """Sends audio, video or data on message stream 1."""
        self.send(message.type, message.payload, message.timestamp, message.stream_id)

    # Receiving

    def _fill(self, deadline):
        self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLEOFError) as e:
            raise Closed(str(e)) from e
        finally:
            self.sock.settimeout(self.timeout)
        if not data:
            raise Closed("end of stream")
        self._inbox += data
        self._received += len(data)

    def _take(self, n, deadline):
        while len(self._inbox) < n:
            self._fill(deadline)
        data = bytes(self._inbox[:n])
        del self._inbox[:n]
        return data

    def _read_chunk(self, deadline):
        """Reads one chunk; gives the message that it completes, or None."""
        first = self._take(1, deadline)[0]
        form, channel = first >> 6, first & 0x3F
        if channel == 0:
            channel = 64 + self._take(1, deadline)[0]
        part = self._partial.setdefault(channel, _Incoming())
        self._read_header(part, form, deadline)
        want = min(self.in_chunk, part.length - len(part.body))
        part.body += self._take(want, deadline)
        if len(part.body) < part.length:
            return None
        message = Message(part.type, part.timestamp, bytes(part.body), part.stream_id)
        part.body.clear()
        return message

    def _read_header(self, part, form, deadline):
        start = not part.body
        if form < 3:
            stamp = int.from_bytes(self._take(3, deadline), "big")
        if form < 2:
            part.length = int.from_bytes(self._take(3, deadline), "big")
            part.type = self._take(1, deadline)[0]
        if form == 0:
            part.stream_id = int.from_bytes(self._take(4, deadline), "little")
        if form < 3:
            part.extended = stamp == _EXTENDED
            part.delta = stamp
        if part.extended:
            value = int.from_bytes(self._take(4, deadline), "big")
            part.delta = value if form < 3 else part.delta
        if start:
            base = 0 if form == 0 else part.timestamp
            part.timestamp = (base + part.delta) & 0xFFFFFFFF

    def read(self, timeout=None):
        """The next message that is not protocol control. Raises Closed or TimeoutError."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = self._read_chunk(deadline)
            self._acknowledge()
            if message and not self._control(message):
                return message

    def _acknowledge(self):
        if self._window and self._received - self._acked >= self._window:
            self._acked = self._received
            self.send(ACK, struct.pack(">I", self._received & 0xFFFFFFFF))

    def _control(self, message):
        kind, body = message.type, message.payload
        if kind == SET_CHUNK_SIZE:
            self.in_chunk = int.from_bytes(body[:4], "big")
        elif kind == WINDOW_ACK:
            self._window = int.from_bytes(body[:4], "big") // 2
        elif kind == USER_CONTROL and int.from_bytes(body[:2], "big") == PING:
            self.send(USER_CONTROL, struct.pack(">H", PONG) + body[2:6])
        return kind <= PEER_BANDWIDTH

    def expect_command(self, name, timeout=None, transaction=None):
        """The arguments of the next command called `name` (and answering `transaction`)."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = self.read(deadline - time.monotonic())
            if message.type != COMMAND:
                continue
            values = amf0.decode(message.payload)
            if values[0] == name and transaction in (None, values[1]):
                return values[2:]

    # The dialogue of a publisher or a player (clause 7)

    def connect(self, app="stream", **extra):
        """`connect` with its answer; returns the server's information object."""
        host, port = self.sock.getpeername()[:2]
        call = {"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; sluicetest)",
                "tcUrl": f"rtmp://{host}:{port}/{app}", **extra}
        return self.expect_command("_result", transaction=self.command("connect", call))[-1]

    def create_stream(self):
        """`createStream`; returns the message stream id."""
        return int(self.expect_command("_result", transaction=self.command("createStream", None))[-1])

    def _status(self, began):
        info = self.expect_command("onStatus")[-1]
        status = Status(info.get("level"), info.get("code"), info.get("description"),
                        time.monotonic() - began)
        self.statuses.append(status)
        return status

    def publish(self, name, app="stream", kind="live"):
        """connect, createStream, publish; the status that answers `publish`."""
        self.connect(app)
        self.command("releaseStream", None, name)
        self.command("FCPublish", None, name)
        stream = self.create_stream()
        began = time.monotonic()
        self.command("publish", None, name, kind, stream_id=stream)
        return self._status(began)

    def unpublish(self, name):
        """Ends a publication as encoders do: FCUnpublish, deleteStream."""
        self.command("FCUnpublish", None, name)
        self.command("deleteStream", None, 1.0)

    def play(self, name, app="stream"):
        """connect, createStream, play; the first status that answers `play`."""
        self.connect(app)
        stream = self.create_stream()
        began = time.monotonic()
        self.command("play", None, name, -2000.0, stream_id=stream)
        return self._status(began)

    def wait_closed(self, timeout):
        """Reads until the server ends the connection; seconds it took. Raises TimeoutError."""
        began = time.monotonic()
        try:
            while True:
                left = timeout - (time.monotonic() - began)
                if left <= 0:
                    raise TimeoutError("connection still open")
                message = self.read(left)
                self._note_status(message, began)
        except Closed:
            return time.monotonic() - began

    def _note_status(self, message, began):
        if message.type != COMMAND:
            return
        values = amf0.decode(message.payload)
        if values[0] == "onStatus":
            info = values[-1]
            self.statuses.append(Status(info.get("level"), info.get("code"),
                                        info.get("description"), time.monotonic() - began))
