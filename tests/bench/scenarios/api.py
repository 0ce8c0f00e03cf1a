"""The REST API through nginx: reads, durable writes, memory with 10,000 channels, the start with 100,000."""

import time

from sluicebench import control_start, proc, wrk
from sluicebench.figures import median, middle, ratio, take_turns
from sluicebench.product import Product, import_channels, make_channels
from sluicebench.report import Row
from sluicebench.servers import StaticProxy

CHANNELS, MANY = 10_000, 100_000
READERS, WRITERS = 32, 64
GET_PER_S, GET_P99_MS, POST_PER_S, RSS_MB, READY_S = 5000, 10, 1000, 60, 1
SETTLE_S = 12  # the longest pause until the control plane gives back what a burst needed
REST_S = 1  # for writes that were under way when the load ended
WORKERS = 2


def run(plan):
    channels, many = (300, 1000) if plan.quick else (CHANNELS, MANY)
    seconds = 2 if plan.quick else 8
    raw = {}
    with Product(WORKERS) as product:
        plan.progress(f"{channels} channels")
        make_channels(product, 0, channels)
        time.sleep(SETTLE_S)
        raw["rss"] = proc.resident([product.control_pid()])
        raw |= take_turns(plan.runs, {"get": lambda: _get(product, seconds), "floor": lambda: _floor(product, seconds)}, plan.progress)
        raw["post"] = []
        for i in range(plan.runs):
            plan.progress(f"writes, run {i + 1} of {plan.runs}")
            raw["post"].append(_post(product, seconds))
    plan.progress(f"{many} channels")
    with Product(WORKERS) as product:
        import_channels(product, many)
        raw["start"] = [control_start.seconds(product) for _ in range(plan.runs)]
    return _rows(raw), raw


def _rows(raw):
    return [Row("GET a channel, 32 clients", middle(raw["get"], "per_s"), "/s", GET_PER_S, at_least=True),
            Row("the same, p99", middle(raw["get"], "p99_ms"), "ms", GET_P99_MS),
            Row("the same, nginx before an nginx that answers as many bytes (floor)", middle(raw["floor"], "per_s"), "/s"),
            Row("the same / floor, CPU of all processes", ratio(raw["get"], raw["floor"], "cpu_us"), "×"),
            Row(f"POST a channel to {CHANNELS:,}, durable, 64 clients", middle(raw["post"], "per_s"), "/s", POST_PER_S, at_least=True),
            Row("the same, p99", middle(raw["post"], "p99_ms"), "ms"),
            Row("the same, CPU of all processes", middle(raw["post"], "cpu_us"), "µs"),
            Row(f"{CHANNELS:,} channels: memory of sluice-control (RSS)", raw["rss"] / 1e6, "MB", RSS_MB),
            Row(f"{MANY:,} channels: start to ready", median(raw["start"]), "s", READY_S)]


def _get(product, seconds):
    return wrk.run(f"http://127.0.0.1:{product.http}/api/v1/channels/bench-0", READERS, seconds, pids=product.pids(),
                   token=product.token)


def _floor(product, seconds):
    body, _ = product.api().timed("GET", "/channels/bench-0")
    with StaticProxy(body) as server:
        return wrk.run(f"http://127.0.0.1:{server.http}/", READERS, seconds, pids=server.pids())


def _post(product, seconds):
    """Every write is a new channel; afterwards as many more are there as were acknowledged, and go again."""
    before, kept = product.channel_count(), product.api().timed("GET", "/export")[0]
    result = wrk.run(f"http://127.0.0.1:{product.http}/api/v1/channels", WRITERS, seconds, pids=product.pids(),
                     token=product.token, body={"name": "bench"})
    made = product.channel_count() - before
    if made < result["requests"]:
        raise RuntimeError(f"{result['requests'] - made} acknowledged channels are not there")
    time.sleep(REST_S)
    made = product.channel_count() - before
    product.api().timed("POST", f"/import?mode=replace&confirm_deletes={made}", kept)
    return result
