"""Viewers that read at a tenth of the stream's speed: what they hold in the kernel, and whether the others notice."""

from sluicebench.figures import median, middle, take_turns
from sluicebench.ports import kernel_bytes
from sluicebench.report import Row
from sluicebench.servers import NodeMediaServer, Sluice
from sluicebench.watch import one_stream

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
            Row("node-media-server: kernel memory per slow viewer, mean",
                middle(results["node-media-server"], "slow_kernel_kb_mean"), "KB")]
    return rows, results


def _measure(server, window, fill, slow):
    options = ["--slow", slow, "--slow-bytes", SLOW_BYTES_PER_S, "--per-viewer"]
    result = one_stream(server, VIEWERS, window, warm_up_s=fill, options=options, at_open=lambda: kernel_bytes(server.http))
    kernel = result.pop("at_open")
    ports = [viewer["port"] for viewer in result.pop("per_viewer")]
    held = [kernel[port] / 1024 for port in ports[VIEWERS - slow:] if port in kernel]
    if held:
        result["slow_kernel_kb_mean"] = sum(held) / len(held)
        result["slow_kernel_kb_max"] = max(held)
    return result
