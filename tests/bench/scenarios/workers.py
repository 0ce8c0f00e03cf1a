"""The same viewers on one worker and spread over four: what a gigabyte costs."""

from sluicebench.figures import middle, ratio, take_turns
from sluicebench.report import Row
from sluicebench.servers import Floor, Sluice, cohorts
from sluicebench.watch import one_stream

SPREAD_RATIO = 1.1
WORKERS = 4
BATCH_MS = 92


def run(plan):
    viewers = 200 if plan.quick else 1000
    window = 3 if plan.quick else 12
    results = take_turns(plan.runs, {
        "sluice, 1 worker": lambda: one_stream(Sluice(1), viewers, window),
        "sluice, 4 workers": lambda: one_stream(Sluice(WORKERS), viewers, window),
        "floor, 1 process": lambda: one_stream(Floor(BATCH_MS, cohorts(viewers, BATCH_MS)), viewers, window),
        "floor, 4 processes": lambda: one_stream(Floor(BATCH_MS, cohorts(viewers // WORKERS, BATCH_MS), WORKERS), viewers,
                                                 window),
    }, plan.progress)
    one, four = results["sluice, 1 worker"], results["sluice, 4 workers"]
    rows = [Row(f"{viewers} viewers: 4 workers / 1 worker, CPU", ratio(four, one, "cpu_s_per_gb"), "×", SPREAD_RATIO),
            Row(f"{viewers} viewers: floor, 4 processes / 1", ratio(results["floor, 4 processes"],
                                                                    results["floor, 1 process"], "cpu_s_per_gb"), "×")]
    for name, list_of in results.items():
        rows.append(Row(f"{viewers} viewers: {name}, CPU", middle(list_of, "cpu_s_per_gb"), "s/GB"))
        rows.append(Row(f"{viewers} viewers: {name}, delay p99", middle(list_of, "delay_ms.p99"), "ms"))
        rows.append(Row(f"{viewers} viewers: {name}, reads per viewer", middle(list_of, "reads_per_viewer_s"), "/s"))
    return rows, results
