"""300 low-latency HLS viewers of one stream: nothing fails, nothing stalls, and what a request costs beside static files."""

from sluicebench.figures import middle, ratio, take_turns
from sluicebench.packagers import SluicePackage, StaticFiles
from sluicebench.report import Row
from sluicebench.watch import push, run_viewers

VIEWERS = 300
FLOOR_RATIO = 1.5
LATE_MS = 50
TRACKS = ("v", "a")


def run(plan):
    viewers = 50 if plan.quick else VIEWERS
    window = 3 if plan.quick else 15
    seen = {}

    def ours():
        with SluicePackage("cmaf") as server, push(server):
            result = _watch(server, viewers, window, ["--await", 20])
        seen.update(result)
        return result

    def floor():
        sizes, every_ms = {}, []
        for track, of_track in zip(TRACKS, seen["tracks"]):
            sizes[f"{track}.m3u8"], sizes[f"{track}.m4s"] = of_track["playlist_bytes"], of_track["part_bytes"]
            every_ms.append(round(1000 * seen["window_s"] * viewers / of_track["parts"], 1))
        with StaticFiles(sizes) as server:
            return _watch(server, viewers, window, ["--mode", "static", "--part", *every_ms])

    results = take_turns(plan.runs, {"sluice": ours, "static files": floor}, plan.progress)
    return _rows(viewers, results), results


def _watch(server, viewers, window, options):
    return run_viewers("hls_viewers", server, viewers, window, url=server.hls_url(), warm_up_s=3, ramp=50, options=options)


def _rows(viewers, results):
    ours, floor = results["sluice"], results["static files"]

    def total(name):
        return sum(r[name] for r in ours)

    rows = [Row(f"{viewers} viewers: errors", total("errors"), "", 0),
            Row(f"{viewers} viewers: stalls", total("stalls"), "", 0),
            Row(f"{viewers} viewers: parts missed", total("parts_missed"), "", 0),
            Row(f"{viewers} viewers: reloads answered before the next part", total("early_reloads"), "", 0),
            Row(f"{viewers} viewers: not joined", total("asked") - total("joined"), "", 0),
            Row(f"{viewers} viewers: blocked reload, p99", middle(ours, "reload_ms.p99"), "ms",
                middle(ours, "part_target_ms") + LATE_MS),
            Row(f"{viewers} viewers: blocked reload, p50", middle(ours, "reload_ms.p50"), "ms"),
            Row(f"{viewers} viewers: part, p99", middle(ours, "part_ms.p99"), "ms"),
            Row("sluice / static files, CPU per request", ratio(ours, floor, "cpu_us_per_request"), "×", FLOOR_RATIO),
            Row("sluice / static files, CPU per GB", ratio(ours, floor, "cpu_s_per_gb"), "×", FLOOR_RATIO)]
    for name, list_of in results.items():
        seconds = middle(list_of, "window_s")
        rows.append(Row(f"{name}: CPU per request", middle(list_of, "cpu_us_per_request"), "µs"))
        rows.append(Row(f"{name}: CPU", middle(list_of, "cpu_s_per_gb"), "s/GB"))
        rows.append(Row(f"{name}: requests", middle(list_of, "requests") / seconds, "/s"))
        rows.append(Row(f"{name}: bytes", middle(list_of, "bytes") / seconds / 1e6, "MB/s"))
        rows.append(Row(f"{name}: the load client's own CPU", 100 * middle(list_of, "own_cpu_s") / seconds, "%"))
    return rows
