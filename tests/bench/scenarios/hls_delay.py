"""From the publisher's last frame to a part or a transport segment at the viewer, and from the first push to something to play."""

from sluicebench.figures import median, middle, percentile, take_turns
from sluicebench.load import Load
from sluicebench.packagers import PART_MS, SluicePackage
from sluicebench.report import Row
from sluicebench.watch import push, run_viewers

VIEWERS = 5
PART_P50_MS = 20
SEGMENT_P50_MS = 40
START_MS = 2 * PART_MS + 100
POLL_MS = 2  # what a viewer that polls adds is not the server's


def run(plan):
    window = 5 if plan.quick else 20
    starts = 3 if plan.quick else 10
    results = take_turns(plan.runs, {"sluice": lambda: _measure(window, starts)}, plan.progress)
    ours = results["sluice"]
    first = [ms for r in ours for ms in r["start_ms"]]
    rows = [Row("video part at the viewer after its last frame, p50", middle(ours, "parts.video_part_ms.p50"), "ms", PART_P50_MS),
            Row("the same, p99", middle(ours, "parts.video_part_ms.p99"), "ms"),
            Row("audio part at the viewer after its last frame, p50", middle(ours, "parts.audio_part_ms.p50"), "ms", PART_P50_MS),
            Row("the same, p99", middle(ours, "parts.audio_part_ms.p99"), "ms"),
            Row("TS segment listed after its last frame, p50", middle(ours, "segments.segment_listed_ms.p50"), "ms",
                SEGMENT_P50_MS),
            Row("the same, p99", middle(ours, "segments.segment_listed_ms.p99"), "ms"),
            Row("the same, after the key frame that ended it, p50", middle(ours, "segments.segment_cut_ms.p50"), "ms"),
            Row("TS segment at the viewer after its last frame, p50", middle(ours, "segments.segment_ms.p50"), "ms"),
            Row("first key frame to the first part of each track at a viewer, p50", median(first), "ms", START_MS),
            Row("the same, slowest", percentile(first, 100), "ms"),
            Row("errors", sum(r[kind]["errors"] for r in ours for kind in ("parts", "segments")), "", 0)]
    return rows, results


def _measure(window, starts):
    with SluicePackage("hls cmaf") as server:
        with push(server):
            parts = _watch(server, window, "master.m3u8", VIEWERS, [])
            segments = _watch(server, window, "live.m3u8", 1, ["--mode", "polled", "--poll", POLL_MS])
        start_ms = [_start(server, f"start-{number}") for number in range(starts)]
    return {"parts": parts, "segments": segments, "start_ms": start_ms}


def _watch(server, window, name, viewers, options):
    return run_viewers("hls_viewers", server, viewers, window, url=server.hls_url(name=name), warm_up_s=1, ramp=50,
                       options=["--delays", "--await", 20, *options])


def _start(server, stream):
    """A viewer asks for a stream before it is there; milliseconds from the first key frame until it could play."""
    with Load("hls_viewers", "--url", server.hls_url(stream), "--delays", "--await", 20, "--warm-up", 0, "--seconds", 0.1) as viewer:
        with push(server, name=stream):
            result = viewer.result(40)
    if not result["start_ms"]:
        raise RuntimeError(f"a viewer did not see the first frame of a stream: {result['failures']}")
    return result["start_ms"]["p50"]
