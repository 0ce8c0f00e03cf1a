"""The whole product in a folder of its own, as ./sluice up starts it."""

import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from . import control, proc, tools
from .ports import free_ports

SCRIPT = tools.ROOT / "sluice"


class Product:
    """`./sluice up --detach` on free ports."""

    def __init__(self, workers=2):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-bench-"))
        self.folder.chmod(0o755)
        self.http, self.https, self.rtmp, self.rtmps = free_ports(4)
        self.worker_count = workers

    def __enter__(self):
        self.start()
        self.token = (self.folder / "admin-token").read_text().strip()
        return self

    def start(self):
        """Up, in the folder as it is."""
        ports = ["--http-port", self.http, "--https-port", self.https, "--rtmp-port", self.rtmp, "--rtmps-port", self.rtmps]
        done = self._script("up", "--detach", "--workers", self.worker_count, *ports)
        if done.returncode != 0:
            self.__exit__()
            raise RuntimeError(f"./sluice up failed:\n{(done.stdout + done.stderr)[-3000:]}")

    def stop(self):
        """Down; the folder stays."""
        self._script("down")

    def pids(self):
        """All processes, sluice-supervisor first."""
        return proc.tree(int((self.folder / "run/supervisor.pid").read_text()))

    def control_pid(self):
        """The process of sluice-control."""
        return next(pid for pid in self.pids() if Path(f"/proc/{pid}/comm").read_text().strip() == "sluice-control")

    def control_command(self):
        """The arguments and the environment of sluice-control."""
        return proc.command(self.control_pid())

    def channel_count(self):
        """How many channels the store holds."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/metrics", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(float(re.search(r"^sluice_channels (\S+)$", reply.read().decode(), re.M).group(1)))

    def _script(self, verb, *arguments):
        return subprocess.run([str(SCRIPT), verb, "--dir", str(self.folder), *(str(a) for a in arguments)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=self._environment())

    @staticmethod
    def _environment():
        """The build that is there is measured, as it is."""
        return {"SLUICE_BUILD": str(tools.ROOT / "build/release")} | os.environ

    def __exit__(self, *_):
        self._script("down")
        shutil.rmtree(self.folder, ignore_errors=True)

    def api(self):
        """A connection of its own to the API."""
        return Api(self.http, self.token)

    def worker_generations(self):
        """The snapshot generation of each worker that takes sessions."""
        workers = control.get(self.folder / "run/control.sock", "/-/generation")["workers"]
        return [w["snapshot_generation"] for w in workers if not w["exiting"]]


class Api:
    """One kept-alive connection; `timed` requests carry no client library's own time."""

    def __init__(self, port, token):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "keep-alive"}

    def timed(self, method, path, body=None):
        """(JSON of the answer, milliseconds until it was here). RuntimeError unless it is a 2xx."""
        text = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self._connection.request(method, f"/api/v1{path}", text, self._headers)
        reply = self._connection.getresponse()
        answer = reply.read()
        took = (time.perf_counter() - began) * 1000
        if reply.status // 100 != 2:
            raise RuntimeError(f"{method} {path.split('?')[0]} answered {reply.status}: {answer[:300].decode(errors='replace')}")
        return (json.loads(answer) if answer else None), took


def make_channels(product, first, last, threads=32):
    """Makes channels bench-<first> … bench-<last - 1> through the API."""
    numbers = iter(range(first, last))
    lock, failures = threading.Lock(), []

    def work():
        api = product.api()
        while not failures:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                api.timed("POST", "/channels", {"id": f"bench-{number}", "name": f"Bench {number}"})
            except (RuntimeError, OSError) as error:
                failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise RuntimeError(f"a channel could not be made: {failures[0]}")


def import_channels(product, count, portion=5000):
    """Makes `count` channels many-0 … by the import, a portion at a time."""
    api = product.api()
    for first in range(0, count, portion):
        channels = [{"id": f"many-{n}", "name": f"Many {n}"} for n in range(first, min(first + portion, count))]
        api.timed("POST", "/import?dry_run=false&mode=merge", {"version": 1, "channels": channels})
