"""500 pushes of 500 kbit/s into one worker: nothing lost, and what a gigabyte costs beside plain nginx-rtmp."""

import time

from sluicebench import proc
from sluicebench.figures import median, middle, ratio, take_turns
from sluicebench.report import Row
from sluicebench.servers import NginxRtmp, Sluice
from sluicebench.watch import push, push_window, watch

PEER_RATIO = 1.15
VIDEO_KBIT, AUDIO_KBIT, FPS = 436, 64, 25


def run(plan):
    pushes = 100 if plan.quick else 500
    window = 3 if plan.quick else 15
    results = take_turns(plan.runs, {"sluice": lambda: _measure(Sluice(), pushes, window),
                                     "nginx-rtmp": lambda: _measure(NginxRtmp(), pushes, window)}, plan.progress)
    ours, peer = results["sluice"], results["nginx-rtmp"]
    rows = [Row(f"{pushes} pushes: sluice, CPU", middle(ours, "cpu_s_per_gb"), "s/GB"),
            Row(f"{pushes} pushes: nginx-rtmp, CPU", middle(peer, "cpu_s_per_gb"), "s/GB"),
            Row(f"{pushes} pushes: sluice / nginx-rtmp, CPU", ratio(ours, peer, "cpu_s_per_gb"), "×", PEER_RATIO),
            Row(f"{pushes} pushes: sluice, pushes ended", sum(pushes - r["streams"] for r in ours), "", 0),
            Row(f"{pushes} pushes: sluice, tags missed by viewers", sum(r["tags_missed"] for r in ours), "", 0),
            Row(f"{pushes} pushes: sluice, largest backlog of a push", max(r["max_backlog_bytes"] for r in ours) / 1024, "KB"),
            Row("hub memory in use per stream of 500 kbit/s", median([r.get("hub_kb_per_stream") for r in ours]), "KB")]
    return rows, results


def _measure(server, pushes, window):
    with server:
        before = proc.memory(server.workers())
        with push(server, streams=pushes, kbit=VIDEO_KBIT, audio_kbit=AUDIO_KBIT, fps=FPS) as load:
            time.sleep(10)  # the rings of 512 KB are full then: a page is touched for the first time only once
            measured = push_window(server.pids(), load, window)
            after = proc.memory(server.workers())
            seen = _sample(server, pushes) if isinstance(server, Sluice) else {}
            result = load.stop()
    hub = (after["shmem"] - before["shmem"]) / pushes / 1024
    return result | measured | seen | {"hub_kb_per_stream": hub}


def _sample(server, pushes):
    """Viewers on every fifth stream see whether each tag of it arrives."""
    seen = watch(server, max(pushes // 5, 1), 4, options=["--streams", pushes])
    if seen["joined"] != seen["asked"]:
        raise RuntimeError(f"viewers of the pushed streams failed: {seen['failures']}")
    return {"tags_missed": seen["tags_missed"], "tags_seen": seen["tags"]}
