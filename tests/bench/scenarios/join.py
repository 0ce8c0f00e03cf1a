"""With 500 viewers watching, how long a new one waits for its first key frame."""

from sluicebench.figures import middle, take_turns
from sluicebench.report import Row
from sluicebench.servers import Floor, NodeMediaServer, Sluice
from sluicebench.watch import one_stream

VIEWERS = 500
P99_MS = 6
PROBES_PER_S = 20


def run(plan):
    window = 3 if plan.quick else 15
    viewers = 100 if plan.quick else VIEWERS
    options = ["--probes", PROBES_PER_S]
    results = take_turns(plan.runs, {
        "sluice": lambda: one_stream(Sluice(), viewers, window, options=options),
        "floor": lambda: one_stream(Floor(36, 9), viewers, window, options=options),
        "node-media-server": lambda: one_stream(NodeMediaServer(), viewers, window, options=options),
    }, plan.progress)
    rows = [Row(f"sluice: first key frame at {viewers} viewers, p99", middle(results["sluice"], "probe_ms.p99"), "ms", P99_MS),
            Row("sluice: the same, p50", middle(results["sluice"], "probe_ms.p50"), "ms"),
            Row(f"sluice: {viewers} viewers arriving at 250/s, p99", middle(results["sluice"], "key_frame_ms.p99"), "ms")]
    for name in ("floor", "node-media-server"):
        rows.append(Row(f"{name}: first key frame, p50", middle(results[name], "probe_ms.p50"), "ms"))
        rows.append(Row(f"{name}: first key frame, p99", middle(results[name], "probe_ms.p99"), "ms"))
    return rows, results
