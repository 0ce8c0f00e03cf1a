"""Viewers watch a stream of a server for a window; what that cost and how it looked."""

import time
from contextlib import ExitStack

from . import proc
from .load import Load

GB = 1e9


def push(server, *, streams=1, kbit=2000, audio_kbit=128, fps=30, ramp=100, name="bench-%d"):
    """A running push of `streams` streams named bench-0…; returns when all are published."""
    load = Load("rtmp_push", "--url", server.rtmp_url(name), "--count", streams, "--bitrate", kbit, "--audio", audio_kbit,
                "--fps", fps, "--ramp", ramp)
    try:
        published = load.wait_for("publishing", streams / ramp + 30)["streams"]
        if published != streams:
            raise RuntimeError(f"{server.name} took {published} of {streams} pushes: {load.stop()['failures']}")
    except Exception:
        load.close()
        raise
    return load


def push_window(pids, load, seconds):
    """What the processes used while a push went on, and what came in."""
    cpu, first = proc.cpu_seconds(pids), load.counters()
    time.sleep(seconds)
    used, last = proc.cpu_seconds(pids) - cpu, load.counters()
    bytes_in = last["bytes"] - first["bytes"]
    return {"window_cpu_s": used, "window_bytes": bytes_in, "cpu_s_per_gb": used / (bytes_in / GB)}


def watch(server, viewers, window_s, *, url=None, warm_up_s=2.0, ramp=250, at_open=None, options=()):
    """Runs `viewers` viewers of HTTP-FLV; as run_viewers()."""
    return run_viewers("flv_viewers", server, viewers, window_s, url=url or server.flv_url(), warm_up_s=warm_up_s, ramp=ramp,
                       at_open=at_open, options=options)


def run_viewers(tool, server, viewers, window_s, *, url, warm_up_s, ramp, at_open=None, options=()):
    """Runs the tool's viewers; their result with `cpu_s` of the server in the window, `cpu_s_per_gb` and, where requests are
    counted, `cpu_us_per_request`. at_open() is called when the window opens; what it returns is under "at_open"."""
    pids = server.pids()
    cpu = {}
    seen = {}

    def on_event(name):
        if name in ("window_open", "window_closed"):
            cpu[name] = proc.cpu_seconds(pids)
        if name == "window_open" and at_open is not None:
            seen["at_open"] = at_open()

    with Load(tool, "--url", url, "--count", viewers, "--seconds", window_s, "--warm-up", warm_up_s, "--ramp", ramp, *options,
              on_event=on_event) as load:
        result = load.result(viewers / ramp + warm_up_s + window_s + 40)
    result["cpu_s"] = cpu["window_closed"] - cpu["window_open"]
    result["cpu_s_per_gb"] = result["cpu_s"] / (result["bytes"] / GB) if result["bytes"] else None
    if result.get("requests"):
        result["cpu_us_per_request"] = result["cpu_s"] * 1e6 / result["requests"]
    return result | seen


def one_stream(server, viewers, window_s, **more):
    """Starts the server and, where it takes one, a push; then watch()."""
    with ExitStack() as stack:
        stack.enter_context(server)
        if server.takes_pushes:
            stack.enter_context(push(server))
        return watch(server, viewers, window_s, **more)
