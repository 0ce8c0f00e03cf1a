"""Four renditions of a stream: CPU of FFmpeg, sluice-exec and nginx beyond the plain push, over one FFmpeg by hand."""

import tempfile
import time
from pathlib import Path

from sluicebench import clip, proc, transcode
from sluicebench.by_hand import ByHand
from sluicebench.figures import median, middle, take_turns
from sluicebench.fragments import FragmentReader
from sluicebench.hooks import SluiceHooks
from sluicebench.ports import wait_until
from sluicebench.report import Row
from sluicebench.servers import Sluice

RATIO = 1.05
HEIGHT = 720
RENDITIONS = {360: 400, 288: 300, 216: 200, 144: 100}
SETTLE_S = 5
PERIODS = 6
PUSHED, OURS, HAND = "plain push", "sluice, 4 renditions", "ffmpeg by hand"


def run(plan):
    window = clip.PERIOD_S * (1 if plan.quick else PERIODS)
    source = clip.flv(HEIGHT)
    results = take_turns(plan.runs, {
        PUSHED: lambda: _measure(Sluice(), source, window),
        OURS: lambda: _measure(SluiceHooks({"transcode": transcode.hook(RENDITIONS)}), source, window),
        HAND: lambda: _by_hand(source, window),
    }, plan.progress)
    return _rows(results, window), results


def _rows(results, window):
    pushed, ours, hand = results[PUSHED], results[OURS], results[HAND]
    # By frame, so that neither gains by being late.
    ratios = [(o["cpu_s"] - p["cpu_s"]) / o["frames"] / (h["cpu_s"] / h["frames"])
              for p, o, h in zip(pushed, ours, hand)]
    nginx = median([o["nginx_s"] - p["nginx_s"] for o, p in zip(ours, pushed)])
    expected = window * len(RENDITIONS) * (clip.FPS + clip.SOUNDS)
    return [Row("4 renditions: CPU beyond the plain push, over one FFmpeg by hand", median(ratios), "×", RATIO),
            Row("FFmpeg", 100 * middle(ours, "programs_s") / window, "% of a core"),
            Row("sluice-exec", 100 * middle(ours, "exec_s") / window, "% of a core"),
            Row("nginx, beyond the plain push", 100 * nginx / window, "% of a core"),
            Row("one FFmpeg by hand", 100 * middle(hand, "cpu_s") / window, "% of a core"),
            Row("frames made in a window, least", min(r["frames"] for r in ours + hand), "", expected * 0.95,
                at_least=True)]


def _measure(server, source, window):
    hooked = hasattr(server, "hooks")
    with server:
        encoder = clip.push(source, server.rtmp_url("demo"))
        try:
            if hooked:
                server.wait_running(1)
            else:
                wait_until(lambda: server.status("/-/streams")["streams"], 20, "the stream")
            time.sleep(SETTLE_S)
            return _window(server, hooked, window)
        finally:
            encoder.kill()
            encoder.wait()


def _window(server, hooked, seconds):
    nginx = [pid for pid in server.pids() if proc.title(pid).startswith("nginx:")]
    parts = {"nginx": nginx, "exec": sorted(set(server.pids()) - set(nginx)),
             "programs": server.programs() if hooked else []}

    def count():
        used = {f"{name}_s": proc.fine_cpu_seconds(pids) for name, pids in parts.items()}
        return used | {"frames": server.records()[0]["returned"]["frames"] if hooked else 0}

    before = count()
    time.sleep(seconds)
    after = count()
    used = {name: after[name] - before[name] for name in after}
    return used | {"cpu_s": used["nginx_s"] + used["exec_s"] + used["programs_s"]}


def _by_hand(source, window):
    """Into files in memory, as fragments as well."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-", dir="/dev/shm") as folder:
        files = [Path(folder) / f"{height}.mp4" for height in RENDITIONS]
        argv = transcode.command(RENDITIONS, files, more="-y").split()
        with ByHand(argv, clip.fed(source).read_bytes()) as ffmpeg:
            wait_until(lambda: all(_frames(file) for file in files), 20, "the renditions")
            time.sleep(SETTLE_S)

            def count():
                return {"cpu_s": proc.fine_cpu_seconds([ffmpeg.process.pid]), "frames": sum(map(_frames, files))}

            before = count()
            time.sleep(window)
            after = count()
    return {name: after[name] - before[name] for name in after}


def _frames(file):
    return sum(fragment.frames for fragment in FragmentReader().feed(file.read_bytes())) if file.exists() else 0
