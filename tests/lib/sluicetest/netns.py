"""A network namespace behind a veth pair: a machine that can vanish."""

import contextlib
import ctypes
import itertools
import os
import subprocess
import threading

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(os.getpid() % 128 * 100)  # test processes side by side have neighbouring ids
_libc = ctypes.CDLL(None, use_errno=True)


def _run(*argv):
    subprocess.run(argv, check=True, capture_output=True)


def _enter(fd):
    """Moves this thread into the namespace behind the descriptor, which it closes."""
    try:
        if _libc.setns(fd, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


class Namespace:
    """`host` is our address as seen from inside, `address` the inside's own."""

    def __init__(self):
        number = next(_numbers)
        self.name = f"sluice{os.getpid()}n{number}"
        self.link = f"sl{os.getpid() % 100000}v{number % 100}"
        self.host, self.address = (f"10.{200 + number // 256 % 50}.{number % 256}.{n}" for n in (1, 2))
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "up0", "netns", self.name)
        _run("ip", "addr", "add", f"{self.host}/24", "dev", self.link)
        _run("ip", "link", "set", self.link, "up")
        _run(*self.prefix, "ip", "addr", "add", f"{self.address}/24", "dev", "up0")
        _run(*self.prefix, "ip", "link", "set", "up0", "up")
        _run(*self.prefix, "ip", "link", "set", "lo", "up")

    @property
    def prefix(self):
        """What runs a command inside. (`ip -n` and `ip netns exec` remount /, which a chroot does not have.)"""
        return ("nsenter", f"--net=/run/netns/{self.name}")

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread opens here belong to the namespace."""
        home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC))
            yield
        finally:
            _enter(home)

    def vanish(self):
        """From now on no packet gets in or out; nobody is told."""
        _run(*self.prefix, "nft", "add", "table", "inet", "gone")
        for hook in ("input", "output"):
            _run(*self.prefix, "nft", f"add chain inet gone {hook} "
                 f"{{ type filter hook {hook} priority 0; policy drop; }}")

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)
        subprocess.run(["ip", "link", "del", self.link], capture_output=True)
