"""Asks nginx on its control socket."""

import http.client
import json
import socket


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))


def get(socket_path, path):
    """The JSON that GET path answers."""
    connection = UnixConnection(socket_path)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{path} answered {reply.status}")
        return json.loads(body)
    finally:
        connection.close()
