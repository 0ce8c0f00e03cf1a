"""Hundreds of HTTP-FLV viewers in one thread, each one's stream fully checked."""

import selectors
import threading
import time

from . import flv, http


class Member:
    """One viewer of a crowd; `fault` says what it saw that it should not have seen."""

    def __init__(self, url):
        self.response = http.request(url, timeout=10)
        self.worker = self.response.headers.get("x-worker")
        self.parser = flv.Parser()
        self.fault = None if self.response.status == 200 else f"status {self.response.status}"
        self.tags = self.largest_step = 0
        self.last = None
        self.configured = self.keyed = False
        self.last_received = time.monotonic()
        self.longest_silence = 0.0

    def take(self, data):
        """Parses and checks what came."""
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self.last_received)
        self.last_received = now
        for tag in self.parser.feed(data, now):
            self._check(tag)

    def _check(self, tag):
        self.tags += 1
        if not tag.is_frame:
            return
        if tag.type == flv.VIDEO:
            if not self.keyed and not tag.is_key:
                self.fault = self.fault or "does not start with a key frame"
            self.keyed = True
        if self.last is not None:
            step = tag.timestamp - self.last
            self.largest_step = max(self.largest_step, step)
            if step < 0:
                self.fault = self.fault or f"timestamp {self.last} then {tag.timestamp}"
        self.last = tag.timestamp


class Crowd:
    """Viewers that read in a thread of their own until `close()`."""

    def __init__(self):
        self.members = []
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, url, count=1):
        """Lets `count` viewers join; returns them."""
        joined = [Member(url) for _ in range(count)]
        with self._lock:
            for member in joined:
                member.response.sock.setblocking(False)
                self._feed(member, member.response._rest)
                self._selector.register(member.response.sock, selectors.EVENT_READ, member)
            self.members += joined
        return joined

    def _run(self):
        while not self._stop.is_set():
            with self._lock:
                for key, _ in self._selector.select(0.005):
                    self._read(key.data)
            time.sleep(0.005)

    def _read(self, member):
        try:
            data = member.response.sock.recv(262144)
        except BlockingIOError:
            return
        except OSError as e:
            data, member.fault = b"", member.fault or repr(e)
        if data:
            self._feed(member, data)
            return
        member.fault = member.fault or "disconnected"
        self._selector.unregister(member.response.sock)

    def _feed(self, member, data):
        try:
            member.take(data)
        except flv.Damaged as e:
            member.fault = member.fault or str(e)

    def leave(self, members):
        """These viewers go; what they saw stays to be read."""
        with self._lock:
            for member in members:
                try:
                    self._selector.unregister(member.response.sock)
                except KeyError:
                    pass
                member.response.close()

    def faults(self):
        """(viewer's number, fault) for all that saw one."""
        return [(i, m.fault) for i, m in enumerate(self.members) if m.fault]

    def close(self):
        self._stop.set()
        self._thread.join()
        for member in self.members:
            member.response.close()
        self._selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
