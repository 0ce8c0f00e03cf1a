"""The control socket: streams, generations, events, metrics and kick, over HTTP on a unix socket."""

import json
import threading

from . import http
from .waiting import wait_for


class Control:
    """A client of DIR/run/control.sock."""

    def __init__(self, path):
        self.path = path

    def request(self, method, target, body=None):
        """(status, headers, body bytes) of one request."""
        data = b"" if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        fields = {"Connection": "close"} | ({"Content-Type": "application/json"} if data else {})
        with http.request(target, method, fields, data, unix=self.path) as r:
            return r.status, r.headers, b"" if method == "HEAD" else r.body()

    def json(self, target):
        """The JSON of a GET that must succeed."""
        status, _, body = self.request("GET", target)
        assert status == 200, (target, status, body[:300])
        return json.loads(body)

    def streams(self):
        """Streams by id."""
        return {s["id"]: s for s in self.json("/-/streams")["streams"]}

    def stream(self, channel):
        """One stream's record, or None."""
        return self.streams().get(channel)

    def state(self, channel):
        """`live`, `waiting` or `idle`; a stream that is not there is idle."""
        return (self.stream(channel) or {"state": "idle"})["state"]

    def wait_state(self, channel, state, timeout=5.0):
        return wait_for(lambda: self.state(channel) == state, timeout, f"{channel} to be {state}")

    def hooks(self, channel):
        """A channel's processes by name."""
        return {h["name"]: h for h in self.json(f"/-/hooks?id={channel}")["hooks"]}

    def hook(self, channel, name):
        """One of them; {} when it is not there."""
        return self.hooks(channel).get(name, {})

    def wait_hook(self, channel, name, state, timeout=10.0):
        """Its record once it is in this state."""
        def found():
            hook = self.hook(channel, name)
            return hook if hook.get("state") == state else None
        return wait_for(found, timeout, f"hook {name} to be {state}; {self.hooks(channel)}")

    def workers(self):
        """Workers that take new sessions."""
        return [w for w in self.json("/-/generation")["workers"] if not w["exiting"]]

    def kick(self, channel, **body):
        return self.request("POST", f"/-/streams/{channel}/kick", body or None)[0]

    def events(self, after=None):
        """A reader of the event stream from now, or from `after`."""
        return Events(self.path, after)


class Event(dict):
    """An event's data; `id` and `name` are those of the SSE frame."""

    id = name = None


class Events:
    """Collects server-sent events in a thread until `close()`."""

    def __init__(self, path, after=None, url=None, headers=None):
        target = url or ("/-/events" + (f"?after={after}" if after else ""))
        self._response = http.request(target, headers=headers, unix=path, timeout=5)
        self.status = self._response.status
        self.headers = self._response.headers
        self.seen = []
        self.ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        text = b""
        while True:
            try:
                data = self._response.piece(60)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                self.ended.set()
                return
            text += data
            *frames, text = text.replace(b"\r\n", b"\n").split(b"\n\n")
            self.seen += [e for e in map(self._parse, frames) if e is not None]

    @staticmethod
    def _parse(frame):
        fields = {}
        for line in frame.decode(errors="replace").split("\n"):
            name, found, value = line.partition(":")
            if found and name in ("id", "event", "data"):
                fields[name] = value.removeprefix(" ")
        if "event" not in fields and "data" not in fields:
            return None
        event = Event(json.loads(fields.get("data") or "{}"))
        event.id, event.name = fields.get("id"), fields.get("event")
        return event

    def find(self, kind, **want):
        """Events of that type whose data has these values."""
        return [e for e in self.seen if e.name == kind and all(e.get(k) == v for k, v in want.items())]

    def wait(self, kind, timeout=5.0, **want):
        """The first such event."""
        return wait_for(lambda: self.find(kind, **want), timeout, f"event {kind} {want}; {self.seen}")[0]

    def close(self):
        self._response.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
