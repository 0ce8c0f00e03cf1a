"""A channel's change in force on all workers, and a page of the list, with 100 and with 10,000 channels."""

import time

from sluicebench import proc
from sluicebench.control import get
from sluicebench.figures import percentile
from sluicebench.product import Product, make_channels
from sluicebench.report import Row

CHANGE_MS = {100: 50, 10_000: 250}
LIST_MS = 20
PAGE = 50
WORKERS = 2
PATIENCE_S = 5


def run(plan):
    rows, raw, made = [], {}, 0
    with Product(WORKERS) as product:
        for channels, limit in CHANGE_MS.items():
            channels = min(channels, 300) if plan.quick else channels
            plan.progress(f"{channels} channels")
            began = time.monotonic()
            make_channels(product, made, channels)
            took = time.monotonic() - began
            result = _measure(product, 10 if plan.quick else 40)
            result["made_per_s"] = (channels - made) / took
            made = channels
            raw[str(channels)] = result
            rows += _rows(channels, limit, result)
    return rows, raw


def _rows(channels, limit, result):
    change, page = result["change_ms"], result["list_ms"]
    return [Row(f"{channels:,} channels: change in force on all workers, p50", percentile(change, 50), "ms", limit),
            Row(f"{channels:,} channels: the same, p95", percentile(change, 95), "ms"),
            Row(f"{channels:,} channels: list page of {PAGE}, p50", percentile(page, 50), "ms", LIST_MS),
            Row(f"{channels:,} channels: the same, p95", percentile(page, 95), "ms"),
            Row(f"{channels:,} channels: made by 32 callers", result["made_per_s"], "/s"),
            Row(f"{channels:,} channels: own memory of a worker", result["worker_kb"], "KB")]


def _measure(product, times):
    api = product.api()
    change = [_change(product, api, enabled=i % 2 == 1) for i in range(times)]
    cursor = f"/channels?limit={PAGE}"
    pages = [api.timed("GET", cursor)[1] for _ in range(times)]
    workers = [w["pid"] for w in get(product.folder / "run/control.sock", "/-/generation")["workers"] if not w["exiting"]]
    return {"change_ms": change, "list_ms": pages, "worker_kb": proc.memory(workers)["anonymous"] / 1024 / len(workers)}


def _change(product, api, enabled):
    """Milliseconds from the request until every worker has the snapshot that holds it. The API's answer says so; where it says
    `pending`, the workers are asked until they have it."""
    before = max(product.worker_generations())
    began = time.perf_counter()
    answer, took = api.timed("PATCH", "/channels/bench-0", {"enabled": enabled})
    if answer["applied"] == "pending":
        while min(product.worker_generations()) <= before:
            if time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"a change was not in force after {PATIENCE_S} s")
        return (time.perf_counter() - began) * 1000
    if min(product.worker_generations()) <= before:
        raise RuntimeError("the API said applied, but a worker has an older snapshot")
    return took
