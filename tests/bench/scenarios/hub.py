"""What a stream takes in the hub, as it states and as the system counts."""

import time

from sluicebench import proc
from sluicebench.figures import middle, take_turns
from sluicebench.report import Row
from sluicebench.servers import Sluice
from sluicebench.watch import push

STREAMS = 50


def run(plan):
    results = take_turns(1, {"sluice": _measure}, plan.progress)
    ours = results["sluice"]
    rows = [Row("hub zone at the configured size, not touched", middle(ours, "zone_bytes") / 2**20, "MB"),
            Row("touched with no stream", middle(ours, "idle_bytes") / 1024, "KB"),
            Row("in use per stream of 2 Mbit/s", middle(ours, "kb_per_stream"), "KB")]
    return rows, results


def _measure():
    with Sluice() as server:
        before = proc.memory(server.pids())
        with push(server, streams=STREAMS):
            time.sleep(9)  # four groups of pictures: every ring has gone round
            after = proc.memory(server.pids())
            hub = server.status("/-/generation")["hub"]
    return {"zone_bytes": hub["zone_bytes"], "rings": hub["rings"], "idle_bytes": before["shmem"],
            "kb_per_stream": (after["shmem"] - before["shmem"]) / STREAMS / 1024}
