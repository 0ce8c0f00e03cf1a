"""A stand-in for nginx and the control plane: the built pages, live FLV and a small API, all obedient to the test."""

import base64
import hashlib
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import packaged
from sluicetest.publisher import clip
from sluicetest.rtmp import VIDEO

DIST = Path(__file__).resolve().parents[2] / "web/dist"
TYPES = {".html": "text/html; charset=utf-8", ".js": "application/javascript", ".css": "text/css",
         ".svg": "image/svg+xml"}
_STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
CONSOLE_POLICY = _STRICT + "connect-src 'self'; form-action 'self'; frame-ancestors 'none'"
PLAYER_PAGES = ("flv.html", "hls.html", "dash.html", "index.html")
PLAYER_POLICY = (_STRICT + "media-src 'self' blob:; connect-src 'self' ws: wss:; form-action 'none'; "
                 "frame-ancestors *")
WEBSOCKET_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TICK_S = 0.01


class Programme:
    """A clip that runs on and on from the moment it was made; who joins begins at the newest key frame."""

    def __init__(self, name="avc", **how):
        self.clip = clip(name, **how)
        self.began = time.monotonic()
        self.over = threading.Event()
        self.held = threading.Event()
        self.following = None
        self.viewers = 0

    def switch(self, name, **how):
        """Another encoder goes on in the same connection when the clip is through; for one viewer only."""
        self.following = clip(name, **how)

    def end(self):
        """All viewers' connections close."""
        self.over.set()

    def tags(self):
        """Tags in real time, `b""` while there is none; stops when the programme ends."""
        yield b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
        for message in self.clip.headers:
            yield flv_tag(message, 0)
        start, index = self._newest_key()
        while not self.over.is_set():
            message = self.clip.frames[index]
            due = start + message.timestamp
            if self.held.is_set() or due > self._now_ms():
                time.sleep(TICK_S)
                yield b""
                continue
            yield flv_tag(message, due)
            index += 1
            if index == len(self.clip.frames):
                start, index = start + self.clip.duration, 0
                yield from self._take_over(start)

    def _take_over(self, start):
        if self.following is None:
            return
        self.clip, self.following = self.following, None
        for message in self.clip.headers:
            yield flv_tag(message, start)

    def _now_ms(self):
        return (time.monotonic() - self.began) * 1000

    def _newest_key(self):
        turn, within = divmod(self._now_ms(), self.clip.duration)
        passed = [m for m in self.clip.frames if m.timestamp <= within]
        keys = [i for i, m in enumerate(passed) if m.type == VIDEO and (m.payload[0] >> 4) & 7 == 1]
        sound_only = not any(m.type == VIDEO for m in self.clip.frames)
        return int(turn * self.clip.duration), keys[-1] if keys else len(passed) - 1 if sound_only else 0


def flv_tag(message, timestamp):
    """One FLV tag with the size that follows it (FLV 10.1, E.4.1)."""
    body = message.payload
    if message.type == 18 and body.startswith(b"\x02\x00\x0d@setDataFrame"):
        body = body[16:]
    head = struct.pack(">B", message.type) + struct.pack(">I", len(body))[1:]
    head += struct.pack(">I", timestamp & 0xFFFFFF)[1:] + bytes([timestamp >> 24 & 255]) + b"\0\0\0"
    return head + body + struct.pack(">I", len(body) + 11)


class Stage:
    """`programmes`, `refusals` and `channels` decide what is answered; change them at any time."""

    def __init__(self):
        self.programmes = {}
        self.packages = {}
        self.refusals = {}
        self.channels = {}
        self.token = "the-token"
        self.events = []
        self.events_work = True
        self.requests = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"stage": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def page(self, channel, query="", page="flv"):
        return f"{self.url}/{channel}/{page}.html{query}"

    def go_live(self, channel, clip_name="avc", **how):
        self.programmes[channel] = Programme(clip_name, **how)
        return self.programmes[channel]

    def go_off(self, channel):
        self.programmes.pop(channel).end()

    def package(self, channel, *clip_name):
        self.packages[channel] = packaged.Package(self.url, *clip_name)
        self.packages[channel].wait()

    def unpackage(self, channel):
        self.packages.pop(channel).discard()

    def asked(self, path):
        """Requests for the path, as (method, target) with the query."""
        return [r for r in self.requests if urlsplit(r[1]).path == path]

    def close(self):
        for programme in self.programmes.values():
            programme.end()
        for channel in list(self.packages):
            self.unpackage(channel)
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request. HTTP/1.1, but every answer closes the connection: simple and true to the end."""

    protocol_version = "HTTP/1.1"
    stage = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.stage.requests.append((self.command, self.path))
        target = urlsplit(self.path)
        parts = target.path.strip("/").split("/")
        if target.path.startswith("/api/v1/"):
            return self.api(parts[2:], parse_qs(target.query))
        if target.path == "/console/":
            return self.file(DIST / "console/index.html", CONSOLE_POLICY)
        if parts[0] == "assets" and len(parts) == 2:
            return self.file(DIST / "assets" / parts[1])
        if parts[-1] in PLAYER_PAGES:
            return self.file(DIST / "player" / parts[-1], PLAYER_POLICY)
        if parts[-1] == "live.flv":
            return self.live(parts[0])
        if parts == ["now"]:
            return self.answer(200, packaged.now())
        if len(parts) == 2 and Path(parts[1]).suffix in packaged.TYPES:
            return self.packaged(*parts)
        if parts[-1] == "frame.html":
            return self.answer(200, f'<!doctype html><iframe allow="autoplay" src="/{parts[0]}/flv.html?'
                               'controls=0&stats=0" width="480" height="270"></iframe>', TYPES[".html"])
        return self.answer(404, "not found")

    do_POST = do_GET

    def answer(self, status, body, kind="text/plain", headers=()):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))),
                            ("Connection", "close"), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def file(self, path, policy=None):
        if not path.is_file():
            return self.answer(404, "not found")
        headers = [("Content-Security-Policy", policy)] if policy else []
        return self.answer(200, path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"), headers)

    # Streams

    def live(self, channel):
        refusal = self.stage.refusals.get(f"{channel}/live.flv", self.stage.refusals.get(channel))
        if refusal:
            return self.answer(*refusal)
        programme = self.stage.programmes.get(channel)
        if programme is None:
            return self.answer(404, "not found")
        web_socket = self.headers.get("Sec-WebSocket-Key")
        self.open_web_socket(web_socket) if web_socket else self.open_http()
        programme.viewers += 1
        try:
            for tag in programme.tags():
                if tag:
                    self.wfile.write(frame(tag) if web_socket else tag)
        except OSError:
            pass
        finally:
            programme.viewers -= 1
            self.close_connection = True

    def packaged(self, channel, name):
        refusal = self.stage.refusals.get(f"{channel}/{name}", self.stage.refusals.get(channel))
        if refusal:
            return self.answer(*refusal)
        package = self.stage.packages.get(channel)
        data = package and package.file(name)
        if data is None:
            return self.answer(404, '{"reason": "offline"}', "application/problem+json")
        try:
            return self.answer(200, data, packaged.TYPES[Path(name).suffix])
        except OSError:
            return None  # a player that seeks or leaves lets go of what it asked for

    def open_http(self):
        self.send_response(200)
        self.send_header("Content-Type", "video/x-flv")
        self.send_header("Connection", "close")
        self.end_headers()

    def open_web_socket(self, key):
        accept = base64.b64encode(hashlib.sha1(key.encode() + WEBSOCKET_MAGIC).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()

    # API

    def api(self, path, query):
        if self.headers.get("Authorization") != f"Bearer {self.stage.token}":
            return self.problem(401, "Unauthorized", "the token is wrong")
        if path == ["events"]:
            return self.event_stream()
        if path == ["channels"] and self.command == "POST":
            return self.create()
        if path == ["channels"]:
            return self.list_channels(query)
        channel = self.stage.channels.get(path[1] if len(path) > 1 else "")
        if channel is None:
            return self.problem(404, "Not Found", "there is no such channel")
        return self.json(200, channel[path[2]] if len(path) > 2 else channel["channel"])

    def list_channels(self, query):
        state = query.get("state", [None])[0]
        items = [c["channel"] for _, c in sorted(self.stage.channels.items()) if state in (None, c["status"]["state"])]
        limit, start = int(query.get("limit", ["50"])[0]), int(query.get("cursor", ["0"])[0])
        following = str(start + limit) if start + limit < len(items) else None
        self.json(200, {"items": items[start:start + limit], "next_cursor": following})

    def create(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("id") in self.stage.channels:
            return self.problem(409, "Conflict", "this id exists",
                                [{"field": "id", "message": "another channel has it"}])
        id = body.get("id") or f"made-{len(self.stage.channels)}"
        self.stage.channels[id] = stage_channel(self.stage.url, id, body.get("name", ""))
        return self.json(201, self.stage.channels[id]["channel"])

    def event_stream(self):
        if not self.stage.events_work:
            return self.problem(502, "Bad Gateway", "no events")
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        sent = len(self.stage.events)
        try:
            while self.stage.events_work:
                for number, event in enumerate(self.stage.events[sent:], sent):
                    data = json.dumps(event)
                    self.wfile.write(f"id: boot-{number}\nevent: {event['type']}\ndata: {data}\n\n".encode())
                    sent = number + 1
                self.wfile.write(b": still here\n\n")
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def json(self, status, body):
        self.answer(status, json.dumps(body), "application/json")

    def problem(self, status, title, detail, errors=()):
        body = {"title": title, "status": status, "detail": detail, "errors": list(errors)}
        self.answer(status, json.dumps(body), "application/problem+json")


def frame(payload):
    """One unmasked binary WebSocket message (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes([0x82, size]) + payload
    if size < 65536:
        return b"\x82\x7e" + struct.pack(">H", size) + payload
    return b"\x82\x7f" + struct.pack(">Q", size) + payload


def stage_channel(base, id, name="", live=False):
    """What the API tells of a channel: itself, its status and its addresses."""
    host = urlsplit(base).netloc
    status = {"id": id, "state": "idle", "publisher": None, "video": None, "audio": None, "viewers": {}}
    if live:
        status |= {
            "state": "live",
            "video": {"codec": "h264", "width": 1280, "height": 720, "fps": 25.0, "bitrate_bps": 2_000_000},
            "audio": {"codec": "aac", "sample_rate": 48000, "channels": 2, "bitrate_bps": 128_000},
            "viewers": {"flv": 18, "ws_flv": 1, "rtmp": 2},
        }
    urls = {
        "push": {"rtmp": f"rtmp://{host}/stream/{id}?sign=1-ab", "rtmps": f"rtmps://{host}/stream/{id}?sign=1-ab",
                 "obs": {"server": f"rtmp://{host}/stream", "stream_key": f"{id}?sign=1-ab"}},
        "play": {"flv": f"{base}/{id}/live.flv", "rtmp": f"rtmp://{host}/stream/{id}",
                 "pages": {"flv": f"{base}/{id}/flv.html"}},
    }
    return {"channel": {"id": id, "name": name or id, "enabled": True}, "status": status, "urls": urls}
