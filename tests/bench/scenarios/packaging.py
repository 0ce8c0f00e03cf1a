"""100 pushes of 2 Mbit/s packaged: what that costs beyond taking them, and what memory it holds."""

import time

from sluicebench import proc
from sluicebench.figures import difference, middle, take_turns
from sluicebench.packagers import WINDOW_S, FfmpegHls, NginxRtmpHls, SluicePackage
from sluicebench.ports import wait_until
from sluicebench.report import Row
from sluicebench.servers import NginxRtmp, Sluice
from sluicebench.watch import push, push_window

CMAF_ADDS = 1.2
CMAF_AND_TS_ADD = 2.0
WINDOWS = 2  # of memory
FFMPEGS = 10
SETTLE_S = 2 * WINDOW_S  # by then segments leave the window as fast as they come
RINGS = "512k:16 2m:128 8m:8"  # two groups of pictures of 2 Mbit/s are a megabyte
CMAF, BOTH = "sluice, cmaf", "sluice, hls cmaf"


def run(plan):
    pushes, ffmpegs, settle, window = (20, 3, WINDOW_S, 3) if plan.quick else (100, FFMPEGS, SETTLE_S, 15)
    results = take_turns(plan.runs, {
        "sluice": lambda: _measure(Sluice(rings=RINGS), pushes, settle, window),
        CMAF: lambda: _measure(SluicePackage("cmaf", rings=RINGS), pushes, settle, window),
        BOTH: lambda: _measure(SluicePackage("hls cmaf", rings=RINGS), pushes, settle, window),
        "nginx-rtmp": lambda: _measure(NginxRtmp(), pushes, settle, window),
        "nginx-rtmp, hls": lambda: _measure(NginxRtmpHls(), pushes, settle, window),
        "ffmpeg": lambda: _measure(FfmpegHls(), ffmpegs, settle, window),
    }, plan.progress)
    return _rows(pushes, results), results


def _rows(pushes, results):
    ours, peer = results["sluice"], results["nginx-rtmp"]

    def adds(name, alone):
        return difference(results[name], alone, "cpu_s_per_gb")

    rows = [Row(f"{pushes} pushes: CMAF adds, CPU", adds(CMAF, ours), "s/GB", CMAF_ADDS),
            Row(f"{pushes} pushes: CMAF and TS add, CPU", adds(BOTH, ours), "s/GB", CMAF_AND_TS_ADD),
            Row(f"{pushes} pushes: nginx-rtmp's hls adds, CPU", adds("nginx-rtmp, hls", peer), "s/GB"),
            Row("ffmpeg -c copy -f hls for each stream, CPU", middle(results["ffmpeg"], "cpu_s_per_gb"), "s/GB")]
    for name in ("sluice", CMAF, BOTH, "nginx-rtmp", "nginx-rtmp, hls"):
        rows.append(Row(f"{pushes} pushes: {name}, CPU", middle(results[name], "cpu_s_per_gb"), "s/GB"))
    for name, outputs in ((CMAF, 1), (BOTH, 2)):
        rows += _memory(name, outputs, pushes, results[name], ours)
    rows.append(Row("sluice, taking pushes only: processes and hub, per stream", middle(ours, "pss") / pushes / 2**20, "MB"))
    lost = sum(pushes - r["streams"] for name in ("sluice", CMAF, BOTH) for r in results[name])
    rows.append(Row(f"{pushes} pushes: sluice, pushes ended", lost, "", 0))
    return rows


def _memory(name, outputs, pushes, packaged, alone):
    """In live windows of as many outputs."""
    windows = [{"adds": (p["pss"] - a["pss"] + p["live_bytes"]) / p["live_window"] / outputs,
                "all": (p["pss"] + p["live_bytes"]) / p["live_window"] / outputs} for p, a in zip(packaged, alone)]
    return [Row(f"{name} adds to the memory of taking pushes, in live windows of each output", middle(windows, "adds"), "×",
                WINDOWS),
            Row(f"{name}: all memory, in live windows of each output", middle(windows, "all"), "×"),
            Row(f"{name}: files, per stream", middle(packaged, "live_bytes") / pushes / 2**20, "MB"),
            Row(f"{name}: processes and hub, per stream", middle(packaged, "pss") / pushes / 2**20, "MB")]


def _measure(server, pushes, settle, window):
    packages = hasattr(server, "live")
    with server, push(server, streams=pushes) as load:
        if packages:
            server.begin(pushes)
            wait_until(lambda: server.live_bytes() > 0, 20, f"{server.name} to write segments")
        time.sleep(settle)
        measured = push_window(server.pids(), load, window)
        live_bytes = server.live_bytes() if packages else 0
        measured["pss"] = proc.memory(server.pids())["pss"]
        result = load.stop()
    if packages and live_bytes < measured["window_bytes"] / window * WINDOW_S / 2:
        raise RuntimeError(f"{server.name} holds {live_bytes} bytes of segments: not what was pushed")
    return result | measured | {"live_bytes": live_bytes, "live_window": measured["window_bytes"] / window * WINDOW_S}
