"""A webhook receiver, written from docs/webhooks.md alone; it judges every request."""

import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def genuine(secret, header, body, now):
    parts = [p.split("=", 1) for p in header.split(",")]
    t = dict(parts)["t"]
    want = hmac.new(secret.encode(), t.encode() + b"." + body, "sha256").hexdigest()
    return abs(now - int(t)) < 300 and any(k == "v1" and hmac.compare_digest(v, want) for k, v in parts)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Receiver:
    """`answer(event, attempt)` gives a status, or (status, headers), or None to close without one."""

    def __init__(self, answer=lambda event, attempt: 200, context=None):
        self.answer = answer
        self.secrets = []  # when set, every request must be signed with the first
        self.accepted = []  # events, in the order of their acceptance
        self.requests = []  # (headers, body)
        self.faults = []
        self._attempts = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https" if context else "http"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self._server.server_port}/hook?x=1"

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                said = receiver.take(self.headers, body)
                if said is None:
                    self.close_connection = True
                    return
                status, headers = said if isinstance(said, tuple) else (said, {})
                self.send_response(status)
                for name, value in ({"Content-Length": "0"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler

    def take(self, headers, body):
        event = json.loads(body)
        with self._lock:
            self.requests.append((dict(headers), body))
            attempt = self._attempts[event["id"]] = self._attempts.get(event["id"], 0) + 1
        self._judge(headers, body, event)
        said = self.answer(event, attempt)
        status = said[0] if isinstance(said, tuple) else said
        if status and 200 <= status < 300:
            with self._lock:
                self.accepted.append(event)
        return said

    def _judge(self, headers, body, event):
        want = {"Sluice-Event-Id": event["id"], "Sluice-Event-Type": event["type"], "Content-Type": "application/json"}
        wrong = {name: headers[name] for name, value in want.items() if headers[name] != value}
        if wrong or not headers["User-Agent"].startswith("Sluice/"):
            self.faults.append(wrong or headers["User-Agent"])
        if self.secrets and not genuine(self.secrets[0], headers["Sluice-Signature"], body, time.time()):
            self.faults.append(f"signature of {event['id']}")

    def ids(self):
        """Of what was accepted."""
        with self._lock:
            return {e["id"] for e in self.accepted}

    def of(self, kind, **want):
        """Accepted events of that type with these members."""
        with self._lock:
            return [e for e in self.accepted if e["type"] == kind and all(e.get(k) == v for k, v in want.items())]

    def check_order(self):
        """In order per channel, nothing missing between, and no event with two ids."""
        seen, last = {}, {}
        with self._lock:
            accepted = list(self.accepted)
        for event in accepted:
            if event["id"] in seen:
                assert seen[event["id"]] == event, "an id for two events"
                continue
            seen[event["id"]] = event
            channel = event["channel"]
            assert event["seq"] > last.get(channel, 0), f"{channel}: {event['seq']} after {last[channel]}"
            last[channel] = event["seq"]
        assert len({e["number"] for e in seen.values() if e["number"]}) == \
            len([e for e in seen.values() if e["number"]]), "two ids for an event"
        assert not self.faults, self.faults[:5]

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
