"""The REST API with a bearer token."""

import itertools
import os

import httpx

from . import metrics
from .sign import NEVER_EXPIRES, push_name

_numbers = itertools.count(1)


def fresh_id(prefix="t"):
    """A channel id that no other test uses."""
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


class Api:
    """`base` is the address without /api/v1. Answers come back as httpx responses."""

    def __init__(self, base, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.base = base
        self.client = httpx.Client(base_url=f"{base}/api/v1", headers=headers, timeout=10, verify=False)

    @classmethod
    def signed_in(cls, base, username, password):
        """As a page of this host: with the session's cookie, and the Origin that a browser states."""
        api = cls(base)
        api.client.headers["Origin"] = base
        reply = api.sign_in(username, password)
        assert reply.status_code == 201, reply.text
        return api

    def sign_in(self, username, password):
        return self.post("/sessions", {"username": username, "password": password})

    def user(self, role="viewer", password=None, **fields):
        """Makes a user; the answer with his password."""
        password = password or os.urandom(16).hex()
        reply = self.post("/users", {"username": fresh_id("user"), "role": role, "password": password, **fields})
        assert reply.status_code == 201, reply.text
        return reply.json() | {"password": password}

    def get(self, path, **how):
        return self.client.get(path, **how)

    def post(self, path, body=None, **how):
        return self.client.post(path, json=body, **how)

    def patch(self, path, body, **how):
        return self.client.patch(path, json=body, **how)

    def put(self, path, body, **how):
        return self.client.put(path, json=body, **how)

    def delete(self, path, **how):
        return self.client.delete(path, **how)

    def metric(self, name):
        """The value of a metric without labels."""
        reply = self.get("/metrics")
        assert reply.status_code == 200, reply.text
        return metrics.samples(reply.text, name)[()]

    def channel(self, id=None, key=None, **fields):
        """Makes a channel and returns it as a Channel."""
        id = id or fresh_id()
        key = key or os.urandom(16).hex()
        ingest = {"key": key} | fields.pop("ingest", {})
        reply = self.post("/channels", {"id": id, "name": id, "ingest": ingest, **fields})
        assert reply.status_code == 201, reply.text
        return Channel(self, id, key)

    def close(self):
        self.client.close()


class Channel:
    """A channel that a test made."""

    def __init__(self, api, id, key):
        self.api = api
        self.id = id
        self.key = key

    @property
    def path(self):
        return f"/channels/{self.id}"

    def name(self, expires=NEVER_EXPIRES, **how):
        """The signed name to publish."""
        return push_name(self.id, self.key, expires, **how)

    def patch(self, **fields):
        reply = self.api.patch(self.path, fields)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def delete(self):
        reply = self.api.delete(self.path)
        assert reply.status_code in (200, 204), reply.text

    def urls(self):
        reply = self.api.get(f"{self.path}/urls")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def status(self):
        reply = self.api.get(f"{self.path}/status")
        assert reply.status_code == 200, reply.text
        return reply.json()
