"""The durable journal, read through the API; every event is judged by docs/events.md."""

import contextlib
import re

import httpx

from .nginx import ROOT
from .waiting import wait_for

ROW = re.compile(r"^\| `([a-z]+\.[a-z_]+)` \| ([^|]*) \|", re.M)


def documented():
    """The members of `data` by type."""
    return {kind: set(re.findall(r"`(\w+)`", data)) for kind, data in ROW.findall((ROOT / "docs/events.md").read_text())}


class Journal:
    def __init__(self, api, after=None):
        """From now on, or from the event `after`."""
        self.api = api
        self.fields = documented()
        self.place = after
        self.seen = []
        if after is None:
            self.place = 0
            self.read()
            self.seen.clear()

    def read(self):
        """Takes what is new; all seen so far."""
        while True:
            reply = self.api.get("/events", params={"after": self.place, "limit": 1000})
            if reply.status_code == 503:
                return self.seen
            assert reply.status_code == 200, reply.text
            page = reply.json()
            for event in page["items"]:
                self._judge(event)
            self.seen += page["items"]
            if page["items"]:
                self.place = page["items"][-1]["number"]
            if page["next_cursor"] is None:
                return self.seen

    def _judge(self, event):
        assert event["number"] > self.place, event
        if not event["type"].startswith("test."):
            assert set(event["data"]) <= self.fields[event["type"]], event

    def find(self, kind, **want):
        """Events of that type with these values, in data or beside it."""
        return [e for e in self.seen if e["type"] == kind and all((e["data"] | e).get(k) == v for k, v in want.items())]

    def wait(self, kind, timeout=10, **want):
        """The first such event, also when the API is away for a while."""
        def found():
            with contextlib.suppress(httpx.TransportError):
                self.read()
            return self.find(kind, **want)
        try:
            return wait_for(found, timeout, f"{kind} {want} in the journal")[0]
        except BaseException:
            print("the journal ends with", self.seen[-10:])
            raise
