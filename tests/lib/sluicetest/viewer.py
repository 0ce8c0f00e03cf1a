"""FLV viewers: HTTP/1.1 and TLS by hand, HTTP/2 through curl, WebSocket, and RTMP play."""

import base64
import os
import select
import struct
import subprocess
import time

from . import flv, http, rtmp


class Ended(Exception):
    """The server ended the stream."""


class Viewer:
    """Collects FLV tags in `tags`; subclasses give `_bytes(timeout)`, b"" at the end."""

    def __init__(self):
        self.tags = []
        self.parser = flv.Parser()
        self.began = time.monotonic()

    def read_until(self, done, timeout=10.0, what="the wanted tags"):
        """Reads until `done(tags)`; raises Ended or TimeoutError."""
        deadline = time.monotonic() + timeout
        while not done(self.tags):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no {what} within {timeout}s; {len(self.tags)} tags")
            if not self._step(min(left, 0.1)):  # `done` may depend on other things than tags
                raise Ended(f"stream ended after {len(self.tags)} tags")
        return self.tags

    def _step(self, timeout):
        try:
            data = self._bytes(timeout)
        except TimeoutError:
            return True
        self.tags += self.parser.feed(data)
        return bool(data)

    def read_for(self, seconds):
        """Reads for that long; raises Ended when the stream ends before."""
        deadline = time.monotonic() + seconds
        return self.read_until(lambda _: time.monotonic() >= deadline, seconds + 5)

    def read_quiet(self, seconds=0.7, timeout=30.0):
        """Reads until nothing has come for that long."""
        deadline = time.monotonic() + timeout
        count = -1
        while len(self.tags) != count:
            count = len(self.tags)
            self.read_for(seconds)
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not quiet after {timeout}s")
        return self.tags

    def read_tags(self, count, timeout=10.0):
        """Reads until `count` more tags have come."""
        goal = len(self.tags) + count
        return self.read_until(lambda tags: len(tags) >= goal, timeout, f"{count} more tags")

    def read_key_frame(self, timeout=10.0):
        """Reads until a key frame has come that was not there before."""
        start = len(self.tags)
        self.read_until(lambda tags: any(t.is_key for t in tags[start:]), timeout, "key frame")
        return next(t for t in self.tags[start:] if t.is_key)

    def read_end(self, timeout=5.0):
        """Reads until the server ends the stream; seconds it took."""
        began = time.monotonic()
        try:
            self.read_until(lambda _: False, timeout, "end")
        except Ended:
            return time.monotonic() - began

    def check(self, largest_step_ms=None):
        """What holds for every viewer: rising timestamps and a decodable start."""
        flv.check_rising([t for t in self.tags if t.type != rtmp.DATA], largest_step_ms)
        flv.check_start(self.tags)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class HttpFlv(Viewer):
    """HTTP/1.1, plain or TLS; or the answer to a request that was sent by hand. A refusal shows in `status`."""

    def __init__(self, url=None, headers=None, receive_buffer=0, response=None):
        super().__init__()
        self.response = response or http.request(url, headers=headers, receive_buffer=receive_buffer)
        self.status = self.response.status
        self.headers = self.response.headers

    def _bytes(self, timeout):
        return self.response.raw(timeout)

    def close(self):
        self.response.close()


class WsFlv(Viewer):
    """WebSocket (RFC 6455): every binary message is a piece of the FLV stream."""

    KEY = base64.b64encode(os.urandom(16)).decode()

    def __init__(self, url, headers=None):
        super().__init__()
        self.messages = []
        self.controls = []
        self.closed_with = None
        self._rest = b""
        self.response = http.request(url, headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self.KEY, **(headers or {})})
        self.status = self.response.status
        self.headers = self.response.headers

    def send(self, opcode, *payloads):
        """Sends masked frames with payloads of less than 126 bytes (clause 5.2), all in one."""
        self.response.sock.sendall(b"".join(self._masked(opcode, p) for p in payloads or [b""]))

    @staticmethod
    def _masked(opcode, payload):
        mask = os.urandom(4)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body

    def _bytes(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            opcode, payload = self._next_frame(deadline)
            if opcode in (0, 2):
                self.messages.append(len(payload))
                return payload
            if opcode == 8:
                self.closed_with = payload
            if opcode in (None, 8):
                return b""
            self.controls.append((opcode, payload))

    def _next_frame(self, deadline):
        while (frame := self._frame()) is None:
            data = self.response.raw(deadline - time.monotonic())
            if not data:
                return None, b""
            self._rest += data
        return frame

    def _frame(self):
        data = self._rest
        if len(data) < 2:
            return None
        opcode, size, at = data[0] & 0x0F, data[1], 2
        if size & 0x80:
            raise flv.Damaged("a server must not mask its frames")
        if size >= 126:
            form = ">H" if size == 126 else ">Q"
            at += struct.calcsize(form)
            if len(data) < at:
                return None
            size = struct.unpack_from(form, data, 2)[0]
        if len(data) < at + size:
            return None
        self._rest = data[at + size :]
        return opcode, data[at : at + size]

    def close(self):
        self.response.close()


class CurlFlv(Viewer):
    """Whatever curl speaks: give it `--http2`, `--http2-prior-knowledge`, …"""

    def __init__(self, url, *options):
        super().__init__()
        self.process = subprocess.Popen(["curl", "-skN", *options, url], stdout=subprocess.PIPE)

    def _bytes(self, timeout):
        ready, _, _ = select.select([self.process.stdout], [], [], max(timeout, 0))
        if not ready:
            raise TimeoutError
        return os.read(self.process.stdout.fileno(), 65536)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class RtmpViewer(Viewer):
    """RTMP play; audio, video and data messages become tags."""

    def __init__(self, host, port, name, app="stream", tls=False):
        super().__init__()
        self.connection = rtmp.Connection.open(host, port, tls)
        self.status = self.connection.play(name, app)

    def _step(self, timeout):
        try:
            message = self.connection.read(timeout)
        except TimeoutError:
            return True
        except rtmp.Closed:
            return False
        if message.type in (rtmp.AUDIO, rtmp.VIDEO, rtmp.DATA) and message.payload:
            self.tags.append(flv.Tag(message.type, message.timestamp, message.payload, time.monotonic()))
        self.connection._note_status(message, self.began)
        return True

    def close(self):
        self.connection.close()
