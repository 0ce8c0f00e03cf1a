"""One 2 Mbit/s stream to many HTTP-FLV viewers: what a gigabyte costs and how late it is."""

from sluicebench.figures import middle, ratio, take_turns
from sluicebench.report import Row
from sluicebench.servers import Floor, NodeMediaServer, Sluice, cohorts
from sluicebench.watch import one_stream

# viewers: (CPU s/GB, delay p99 in ms)
LIMITS = {500: (1.0, 45), 1000: (0.5, 110), 2000: (0.5, 110)}
FLOOR_RATIO = 1.25
PEER_LIMIT = 500  # more viewers are more than one core of the peer can do


def run(plan):
    rows, raw = [], {}
    for viewers, limits in LIMITS.items():
        if plan.quick and viewers > 500:
            continue
        results = take_turns(plan.runs, _contestants(plan, viewers), plan.progress)
        raw[str(viewers)] = results
        rows += _rows(viewers, limits, results)
    return rows, raw


def _contestants(plan, viewers):
    """The floor follows the batching that the viewers of our last run saw."""
    window = 3 if plan.quick else 12
    seen = {"ms": plan.floor_batch_ms}

    def ours():
        result = one_stream(Sluice(), viewers, window)
        seen["ms"] = plan.floor_batch_ms or 1000 / result["reads_per_viewer_s"]
        return result

    def floor():
        return one_stream(Floor(round(seen["ms"], 1), cohorts(viewers, seen["ms"])), viewers, window)

    contestants = {"sluice": ours, "floor": floor}
    if viewers <= PEER_LIMIT:
        contestants["node-media-server"] = lambda: one_stream(NodeMediaServer(), viewers, window)
    return contestants


def _rows(viewers, limits, results):
    cost, delay = limits
    ours, floor = results["sluice"], results["floor"]
    rows = [
        Row(f"{viewers} viewers: sluice, CPU", middle(ours, "cpu_s_per_gb"), "s/GB", cost),
        Row(f"{viewers} viewers: sluice, delay p99", middle(ours, "delay_ms.p99"), "ms", delay),
        Row(f"{viewers} viewers: sluice, delay p50", middle(ours, "delay_ms.p50"), "ms"),
        Row(f"{viewers} viewers: sluice / floor, CPU", ratio(ours, floor, "cpu_s_per_gb"), "×", FLOOR_RATIO),
        Row(f"{viewers} viewers: sluice, reads per viewer", middle(ours, "reads_per_viewer_s"), "/s"),
        Row(f"{viewers} viewers: floor, reads per viewer", middle(floor, "reads_per_viewer_s"), "/s"),
        Row(f"{viewers} viewers: the load client's own CPU", 100 * middle(ours, "own_cpu_s") / middle(ours, "window_s"), "%"),
        Row(f"{viewers} viewers: sluice, tags missed", sum(r["tags_missed"] for r in ours), "", 0),
        Row(f"{viewers} viewers: sluice, viewers lost", sum(r["asked"] - r["joined"] + r["ended"] for r in ours),
            "", 0),
    ]
    for name in results:
        if name != "sluice":
            rows.append(Row(f"{viewers} viewers: {name}, CPU", middle(results[name], "cpu_s_per_gb"), "s/GB"))
            rows.append(Row(f"{viewers} viewers: {name}, delay p50", middle(results[name], "delay_ms.p50"), "ms"))
            rows.append(Row(f"{viewers} viewers: {name}, delay p99", middle(results[name], "delay_ms.p99"), "ms"))
    return rows
