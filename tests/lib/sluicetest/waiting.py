"""Waiting for a condition instead of sleeping; ports to wait at."""

import contextlib
import itertools
import os
import random
import socket
import time

import pytest

POLL_S = 0.02


def wait_for(condition, timeout=5.0, what="condition"):
    """The first true value of `condition()`; fails the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"timed out after {timeout}s waiting for {what}")
        time.sleep(POLL_S)


def stays(condition, seconds, what="condition"):
    """Fails the test when `condition()` turns false within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"{what} did not hold for {seconds}s"
        time.sleep(POLL_S)


def _own_ports():
    """Ports of this test process alone, by turns. They lie below those that the system gives to outgoing connections, and
    each of the processes that run tests side by side has its share: a port that was free is so still when a server
    takes it."""
    first, end = 10000, 32000
    share = (end - first) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = random.randrange(share)
    return (first + number * share + (start + i) % share for i in itertools.count())


_ports = _own_ports()


def free_port():
    """A TCP port that nobody listens on, on IPv4 or IPv6."""
    return free_ports(1)[0]


def free_ports(count):
    """`count` different free ports."""
    return list(itertools.islice(filter(_is_free, _ports), count))


def _is_free(port):
    with socket.socket() as s, contextlib.suppress(OSError):
        s.bind(("0.0.0.0", port))
        return True
    return False


def accepts(port, host="127.0.0.1"):
    """Whether somebody listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0
