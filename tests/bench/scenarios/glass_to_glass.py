"""From the moment a picture is made to the moment it is seen in Chromium: hls.js in its low-latency mode, on our page."""

import time

from sluicebench.chromium import chromium
from sluicebench.figures import median, middle, percentile
from sluicebench.ports import wait_until
from sluicebench.product import Product
from sluicebench.report import Row
from sluicebench.time_code import AGE, TimeCodePush

MEDIAN_S = 1.5
PATIENCE_S = 30
SETTLE_S = 15  # players come nearer to the edge by playing a little faster
EVERY_S = 0.1
PARTS = r"return performance.getEntriesByType('resource').filter((e) => /\/\d+\.\d+\.m4s/.test(e.name)).length;"
SAID = "return document.querySelector('[data-latency-ms]')?.dataset.latencyMs ?? null;"


def run(plan):
    seconds = 5 if plan.quick else 20
    results = []
    with Product(2) as product, chromium() as browser:
        for number in range(plan.runs):
            plan.progress(f"run {number + 1} of {plan.runs}")
            results.append(measure(product, browser, f"bench-{number}", "hls", seconds))
    rows = [Row("picture made to picture seen, hls.js with parts of 200 ms: median", middle(results, "median_s"), "s", MEDIAN_S),
            Row("the same, p99", middle(results, "p99_s"), "s"),
            Row("the latency that the page shows", middle(results, "said_s"), "s"),
            Row("parts requested, least of a run", min(r["parts"] for r in results), "", 1, at_least=True)]
    return rows, {"chromium": results}


def measure(product, browser, channel, page, seconds):
    """Ages of the pictures on that page of a new channel."""
    api = product.api()
    api.timed("POST", "/channels", {"id": channel, "name": channel})
    urls, _ = api.timed("GET", f"/channels/{channel}/urls")
    with TimeCodePush(urls["push"]["rtmp"]):
        browser.get(urls["play"]["pages"][page])
        wait_until(lambda: browser.execute_script(AGE) is not None, PATIENCE_S, "a picture in Chromium")
        time.sleep(SETTLE_S)
        ages, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            ages.append(browser.execute_script(AGE))
            time.sleep(EVERY_S)
        parts, said = browser.execute_script(PARTS), browser.execute_script(SAID)
    ages = [age / 1000 for age in ages if age is not None]
    return {"median_s": median(ages), "p99_s": percentile(ages, 99), "pictures": len(ages), "parts": parts,
            "said_s": float(said) / 1000 if said else None}
