"""Few viewers: nothing is held back, on the publisher's worker or on another."""

from sluicebench.figures import median, middle, percentile, take_turns
from sluicebench.ports import owners
from sluicebench.report import Row
from sluicebench.servers import Floor, NodeMediaServer, Sluice
from sluicebench.watch import one_stream

VIEWERS = 20
P50_MS = 0.7
P99_MS = 3


def run(plan):
    window = 3 if plan.quick else 15
    results = take_turns(plan.runs, {
        "sluice": lambda: one_stream(Sluice(), VIEWERS, window),
        "sluice, 2 workers": lambda: _by_worker(window),
        "floor": lambda: one_stream(Floor(), VIEWERS, window),
        "node-media-server": lambda: one_stream(NodeMediaServer(), VIEWERS, window),
    }, plan.progress)
    rows = []
    for name, path in (("one worker", "delay_ms"), ("2 workers, publisher's", "same"), ("2 workers, the other", "other")):
        ours = results["sluice" if path == "delay_ms" else "sluice, 2 workers"]
        rows.append(Row(f"{VIEWERS} viewers, {name}: delay p50", middle(ours, f"{path}.p50"), "ms", P50_MS))
        rows.append(Row(f"{VIEWERS} viewers, {name}: delay p99", middle(ours, f"{path}.p99"), "ms", P99_MS))
    for name in ("floor", "node-media-server"):
        rows.append(Row(f"{name}: delay p50", middle(results[name], "delay_ms.p50"), "ms"))
        rows.append(Row(f"{name}: delay p99", middle(results[name], "delay_ms.p99"), "ms"))
    rows.append(Row("sluice: CPU", median([r["cpu_s_per_gb"] for r in results["sluice"]]), "s/GB"))
    return rows, results


def _by_worker(window):
    """The delays of the viewers on the publisher's worker and of those on the other."""
    server = Sluice(workers=2)
    result = one_stream(server, VIEWERS, window, options=["--per-viewer"],
                        at_open=lambda: (owners(server.http), owners(server.rtmp)))
    viewers, publishers = result.pop("at_open")
    publisher = next(iter(publishers.values()), None)
    delays = {"same": [], "other": []}
    for viewer in result.pop("per_viewer"):
        delays["same" if viewers.get(viewer["port"]) == publisher else "other"] += viewer["delays_us"]
    for name, us in delays.items():
        result[name] = {"count": len(us), "p50": percentile(us, 50) / 1000, "p99": percentile(us, 99) / 1000} if us else None
    return result
