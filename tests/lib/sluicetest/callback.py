"""An authorise callback: what the channel's owner would run."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Callback:
    """Answers every question with `status` and `body`; keeps what it was asked. While `hold()` lasts it only listens."""

    def __init__(self, status=200, body=b""):
        self.status, self.body = status, body
        self.asked = []
        self._go = threading.Event()
        self._go.set()
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                callback.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                callback._go.wait(30)
                self.answer(callback.status, callback.body)

            def answer(self, status, body):
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    if status in (301, 302, 307):
                        self.send_header("Location", f"{callback.url}elsewhere")
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked is gone

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://user:callback-secret@127.0.0.1:{self._server.server_port}/"

    def deny(self, reason=None, status=403):
        self.status, self.body = status, json.dumps({"reason": reason}).encode() if reason else b""

    def hold(self):
        self._go.clear()

    def release(self):
        self._go.set()

    def close(self):
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
