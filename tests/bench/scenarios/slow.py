"""Viewers that read at a tenth of the stream's speed: what they hold in the kernel, and whether the others notice."""

import threading

from sluicebench.figures import median, middle, take_turns
from sluicebench.ports import kernel_bytes
from sluicebench.report import Row
from sluicebench.servers import NodeMediaServer, Sluice
from sluicebench.watch import push, watch

VIEWERS = 100
SLOW = 20
SLOW_BYTES_PER_S = 26_900  # a tenth of 2.15 Mbit/s
KERNEL_KB = 256


def run(plan):
    window = 3 if plan.quick else 20
    fill = 5 if plan.quick else 25
    results = take_turns(plan.runs, {
        "sluice": lambda: _measure(Sluice(), window, fill, SLOW),
        "sluice, none slow": lambda: _measure(Sluice(), window, 2, 0),
        "node-media-server": lambda: _measure(NodeMediaServer(), window, fill, SLOW),
    }, plan.progress)
    ours = results["sluice"]
    rows = [Row("sluice: kernel memory per slow viewer, mean", middle(ours, "slow_kernel_kb_mean"), "KB", KERNEL_KB),
            Row("sluice: the same, largest", middle(ours, "slow_kernel_kb_max"), "KB"),
            Row("sluice: tags that the other viewers missed", sum(r["tags_missed"] for r in ours), "", 0),
            Row("sluice: delay p99 of the other viewers", middle(ours, "delay_ms.p99"), "ms"),
            Row("sluice: delay p99 when none is slow", middle(results["sluice, none slow"], "delay_ms.p99"), "ms"),
            Row("sluice: tags that slow viewers skipped", median([r["slow_tags_missed"] for r in ours]), ""),
            Row("sluice: slow viewers closed by the server", median([r["ended"] for r in ours]), ""),
            Row("node-media-server: kernel memory per slow viewer, mean",
                middle(results["node-media-server"], "slow_kernel_kb_mean"), "KB")]
    return rows, results


class _Sampler:
    """Looks at the server's sockets, and at our counters, every two seconds while viewers watch."""

    def __init__(self, server):
        self.largest, self.stream = {}, {}
        self._server, self._ended = server, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ended.wait(2):
            for port, size in kernel_bytes(self._server.http).items():
                self.largest[port] = max(size, self.largest.get(port, 0))
            if isinstance(self._server, Sluice):
                self.stream = (self._server.status("/-/streams")["streams"] or [{}])[0]

    def stop(self):
        self._ended.set()
        self._thread.join(5)


def _measure(server, window, fill, slow):
    options = ["--slow", slow, "--slow-bytes", SLOW_BYTES_PER_S, "--per-viewer"]
    with server, push(server):
        sampler = _Sampler(server)
        try:
            result = watch(server, VIEWERS, window, warm_up_s=fill, options=options)
        finally:
            sampler.stop()
    ports = [viewer["port"] for viewer in result.pop("per_viewer")]
    held = [sampler.largest.get(port, 0) / 1024 for port in ports[VIEWERS - slow:]]
    if held:
        result["slow_kernel_kb_mean"] = sum(held) / len(held)
        result["slow_kernel_kb_max"] = max(held)
    return result | {"skips": sampler.stream.get("skips"), "overruns": sampler.stream.get("overruns")}
