"""HTTP by hand: one request on a TCP, TLS or unix socket, and the answer as it comes."""

import socket
import ssl
import time
from urllib.parse import urlsplit


def _tls(sock, host):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host)


def _connect(url, timeout, receive_buffer):
    parts = urlsplit(url)
    tls = parts.scheme in ("https", "wss")
    port = parts.port or (443 if tls else 80)
    host = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(host[0], socket.SOCK_STREAM)
    if receive_buffer:  # before connect: it bounds the window that is offered
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(timeout)
    sock.connect(host[4])
    return _tls(sock, parts.hostname) if tls else sock


def _unix(path, timeout):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    sock.connect(str(path))
    return sock


class Response:
    """One answer: `status`, `headers` (lower-case names), and a body that is read as wanted."""

    def __init__(self, sock, timeout):
        self.sock = sock
        self.timeout = timeout
        self.sent = time.monotonic()
        self._rest = b""
        self._read_head()
        self._coded = b""
        self._ended = False
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"

    def _read_head(self):
        while b"\r\n\r\n" not in self._rest:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError(f"closed inside the answer's head: {self._rest[:200]!r}")
            self._rest += data
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {k.strip().lower(): v.strip() for k, v in (x.split(":", 1) for x in lines[1:])}

    def raw(self, timeout=None):
        """Some bytes of the connection; b"" at its end. Raises TimeoutError."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        self.sock.settimeout(max(self.timeout if timeout is None else timeout, 0.001))
        try:
            return self.sock.recv(65536)
        except ConnectionResetError:
            return b""

    def piece(self, timeout=None):
        """Some bytes of the body, without the marks of chunked encoding; b"" at its end."""
        if not self.chunked:
            return self.raw(timeout)
        while True:
            if data := self._take_chunk():
                return data
            more = b"" if self._ended else self.raw(timeout)
            if not more:
                return b""
            self._coded += more

    def _take_chunk(self):
        """The next whole chunk of what has come (RFC 9112, 7.1)."""
        line, found, rest = self._coded.partition(b"\r\n")
        if not found:
            return b""
        size = int(line.split(b";")[0], 16)
        self._ended = size == 0
        if self._ended or len(rest) < size + 2:
            return b""
        self._coded = rest[size + 2 :]
        return rest[:size]

    def body(self):
        """The whole body, by Content-Length, chunks, or the connection's end."""
        data = b""
        want = int(self.headers["content-length"]) if "content-length" in self.headers else None
        while want is None or len(data) < want:
            if not (piece := self.piece()):
                break
            data += piece
        return data

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(url, method="GET", headers=None, body=b"", timeout=5.0, unix=None, receive_buffer=0):
    """Sends one HTTP/1.1 request; `unix` is the path of a socket to send it on."""
    parts = urlsplit(url)
    sock = _unix(unix, timeout) if unix else _connect(url, timeout, receive_buffer)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc or "localhost", **(headers or {})}
    if body:
        fields["Content-Length"] = str(len(body))
    head = "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    sock.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
    try:
        return Response(sock, timeout)
    except Exception:
        sock.close()
        raise
