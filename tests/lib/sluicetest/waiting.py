"""Waiting for a condition instead of sleeping."""

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


def free_port():
    """A TCP port that nobody listens on, on IPv4 or IPv6."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("0.0.0.0", 0))
        return s.getsockname()[1]


def free_ports(count):
    """`count` different free ports: they are held until all are found."""
    held = [socket.socket() for _ in range(count)]
    try:
        for s in held:
            s.bind(("0.0.0.0", 0))
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


def accepts(port, host="127.0.0.1"):
    """Whether somebody listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0
