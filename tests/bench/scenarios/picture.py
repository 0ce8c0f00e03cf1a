"""From the first push of a channel to a moving picture in Chromium."""

import subprocess
import time

from sluicebench import tools
from sluicebench.chromium import chromium
from sluicebench.figures import median
from sluicebench.product import Product
from sluicebench.report import Row

PICTURE_S = 2
PATIENCE_S = 20
# Milliseconds since the page's navigation began at which the video first moved, or null.
MOVED = """
const video = document.querySelector("video");
if (!video) return null;
const quality = video.getVideoPlaybackQuality();
return video.currentTime > 0 && quality.totalVideoFrames > 1 ? performance.now() : null;
"""


def run(plan):
    clip = _clip()
    times = []
    with Product(2) as product, chromium() as browser:
        for number in range(1 if plan.quick else 5):
            plan.progress(f"push {number + 1}")
            times.append(_measure(product, browser, clip, f"bench-{number}"))
    return [Row("push begins to picture in Chromium", median(times), "s", PICTURE_S),
            Row("the same, slowest", max(times), "s")], {"seconds": times}


def _clip():
    """A few seconds of real H.264 and AAC, made once."""
    path = tools.BUILD / "picture.flv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=1280x720:rate=30", "-f", "lavfi", "-i",
                        "sine=sample_rate=44100", "-t", "8", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
                        "-g", "60", "-b:v", "2M", "-c:a", "aac", "-b:a", "128k", str(path)], check=True)
    return path


def _measure(product, browser, clip, channel):
    api = product.api()
    api.timed("POST", "/channels", {"id": channel, "name": channel})
    urls, _ = api.timed("GET", f"/channels/{channel}/urls")
    page = urls["play"]["pages"]["flv"]
    began = time.monotonic()
    push = subprocess.Popen(["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy", "-f", "flv",
                             urls["push"]["rtmp"]], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        browser.get(page)
        while browser.execute_script(MOVED) is None:
            if time.monotonic() - began > PATIENCE_S:
                raise RuntimeError(f"no picture after {PATIENCE_S} s")
            time.sleep(0.01)
        return time.monotonic() - began
    finally:
        push.terminate()
        push.wait()
