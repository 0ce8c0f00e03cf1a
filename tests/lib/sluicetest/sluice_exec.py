"""exec/sluice-exec as an nginx worker starts it: a program, descriptors in their places, and a socket to talk over."""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import uuid

from . import processes
from .nginx import BUILD
from .waiting import wait_for

BINARY = BUILD / "exec/sluice-exec"
CONTROL = 200
FIRST_OUTPUT = 3
MESSAGE_BYTES = 128 << 10


class SluiceExec:
    """Runs `argv`; `spec` holds what else is asked for, `instead` what is said against the truth. `outputs` are pipes, of which
    `output(i)` is the end to read."""

    def __init__(self, *argv, outputs=0, stdin=subprocess.DEVNULL, name="hook", instead=None, **spec):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = [os.pipe() for _ in range(outputs)]
        self._outputs = [reading for reading, _ in pipes]
        # Out of the way of the numbers that they get.
        high = [fcntl.fcntl(number, fcntl.F_DUPFD, 300) for number in (*(w for _, w in pipes), theirs.fileno())]

        def place():
            for number, wanted in zip(high, [*range(FIRST_OUTPUT, FIRST_OUTPUT + outputs), CONTROL], strict=True):
                os.dup2(number, wanted)

        self.process = subprocess.Popen([BINARY, "demo", name], stdin=stdin, close_fds=False, preexec_fn=place)
        theirs.close()
        for number in (*high, *(w for _, w in pipes)):
            os.close(number)
        self.socket.settimeout(20)
        self.send({"parent": os.getpid(), "argv": list(argv), "outputs": outputs, **spec, **(instead or {})})

    def send(self, message):
        self.socket.send(json.dumps(message).encode())

    def output(self, index):
        return self._outputs[index]

    def reports(self):
        """(kind, content) of each report, until the socket ends."""
        while packet := self.socket.recv(MESSAGE_BYTES):
            yield from json.loads(packet).items()

    def next(self, wanted):
        """The content of the next report of the kind."""
        for kind, content in self.reports():
            if kind == wanted:
                return content
        raise AssertionError(f"no {wanted} came")

    def ended(self):
        """The last report; sluice-exec itself has ended, and well."""
        reports = list(self.reports())
        assert [kind for kind, _ in reports].count("ended") == 1 and reports[-1][0] == "ended", reports[-5:]
        assert self.process.wait(10) == 0
        return reports[-1][1]

    def close(self):
        """Lets go of everything, and waits until it is gone."""
        self.socket.close()
        for number in self._outputs:
            with contextlib.suppress(OSError):
                os.close(number)
        if self.process.poll() is None:
            for pid in [*processes.descendants(self.process.pid), self.process.pid]:
                processes.signal_to(pid, 9)
        self.process.wait(10)


def token():
    """A word by which the processes of a test are found again (living_with)."""
    return "mark" + uuid.uuid4().hex


def living_with(word):
    """Living processes with the word in their command line."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and word in processes.title(pid) and processes.alive(pid)]


def wait_until_gone(word, timeout=5):
    wait_for(lambda: not living_with(word), timeout, f"processes of {word} to be gone")
