"""From a picture of the programme to the same of a rendition at a viewer, beside the same FFmpeg by hand on pipes."""

import time
from concurrent.futures import ThreadPoolExecutor

from sluicebench import clip, transcode
from sluicebench.by_hand import ByHand
from sluicebench.figures import difference, median, middle, percentile, take_turns
from sluicebench.hooks import SluiceHooks
from sluicebench.report import Row
from sluicetest.flv import VIDEO
from sluicetest.viewer import HttpFlv

ADDS_MS = 60
HEIGHT = 360
RENDITION = {180: 200}
SETTLE_S = 4  # after the first picture: FFmpeg catches up with what it read to find the tracks
LATE_S = 1
BACK = 9
OURS, HAND = "sluice", "ffmpeg by hand"


def run(plan):
    window = 4 if plan.quick else 20
    source = clip.flv(HEIGHT)
    results = take_turns(plan.runs, {
        OURS: lambda: _through_hook(source, window),
        HAND: lambda: _by_hand(source, window),
    }, plan.progress)
    ours, hand = results[OURS], results[HAND]
    rows = []
    for what, key in (("median", "median_ms"), ("p95", "p95_ms")):
        adds = difference(ours, hand, key)
        rows += [Row(f"programme's picture to the rendition's, over by hand: {what}", adds, "ms", ADDS_MS),
                 Row("the rendition's picture at the viewer", middle(ours, key), "ms"),
                 Row("the same FFmpeg by hand", middle(hand, key), "ms")]
    pictures = min(r["pictures"] for r in ours + hand)
    rows.append(Row("pictures of a run, least", pictures, "", window * clip.FPS * 0.9, at_least=True))
    return rows, results


def _through_hook(source, window):
    with SluiceHooks({"transcode": transcode.hook(RENDITION)}) as server:
        encoder = clip.push(source, server.rtmp_url("demo"))
        try:
            server.wait_running(1)
            time.sleep(SETTLE_S)
            names = ["demo", *(f"demo/p{height}" for height in RENDITION)]
            seen = _watch([server.flv_url(name) for name in names], window)
        finally:
            encoder.kill()
            encoder.wait()
    return _delays(*seen)


def _watch(urls, seconds):
    """Of each stream when each picture came, by its timestamp."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda url: _pictures(url, seconds), urls))


def _pictures(url, seconds):
    with HttpFlv(url) as viewer:
        viewer.read_for(LATE_S)  # what is there already comes in one piece
        begun = len(viewer.tags)
        viewer.read_for(seconds)
        return {tag.timestamp: tag.received for tag in viewer.tags[begun:] if tag.type == VIDEO and tag.is_frame}


def _by_hand(source, window):
    argv = transcode.command(RENDITION, [f"pipe:{BACK}"]).split()
    with ByHand(argv, clip.fed(source).read_bytes(), BACK) as ffmpeg:
        while not ffmpeg.returned:
            time.sleep(0.05)
        time.sleep(SETTLE_S)
        began = time.monotonic()
        time.sleep(window)
        sent = {at: when for at, when in ffmpeg.sent.copy().items() if when > began}
        return _delays(sent, ffmpeg.returned.copy())


def _delays(sent, returned):
    delays = [1000 * (returned[at] - when) for at, when in sent.items() if at in returned]
    return {"median_ms": median(delays), "p95_ms": percentile(delays, 95), "most_ms": percentile(delays, 100),
            "pictures": len(delays), "sent": len(sent)}
