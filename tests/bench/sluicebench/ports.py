"""Free ports on loopback, and what sits on them."""

import re
import socket
import subprocess
import time

WORKER = re.compile(r"pid=(\d+)")
SKMEM = re.compile(r"skmem:\(r(\d+),rb\d+,t\d+,tb\d+,f(\d+),w(\d+),o(\d+),bl(\d+)")


def free_ports(count):
    """Ports that nothing listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def accepts(port):
    """Whether something takes connections there."""
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, timeout, what, *, every_s=0.02):
    """The first true value of condition(); RuntimeError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {timeout} s in vain for {what}")
        time.sleep(every_s)
    return value


def _ss(option, port):
    return subprocess.run(["ss", f"-tnH{option}", "state", "established", f"( sport = :{port} )"],
                          capture_output=True, text=True, check=True).stdout


def owners(port):
    """{client's port: process id} of the connections that a server has on its port."""
    found = {}
    for line in _ss("p", port).splitlines():
        if (pid := WORKER.search(line)) is not None:
            found[int(line.split()[3].rsplit(":", 1)[1])] = int(pid.group(1))
    return found


def kernel_bytes(port):
    """{client's port: bytes of kernel memory} of the server's side of each connection: what waits to be read and sent,
    with its overhead."""
    found = {}
    client = None
    for line in _ss("m", port).splitlines():
        if not line.startswith((" ", "\t")) or client is None:
            client = int(line.split()[3].rsplit(":", 1)[1])
        if (memory := SKMEM.search(line)) is not None:
            found[client] = sum(int(n) for n in memory.groups())
    return found
