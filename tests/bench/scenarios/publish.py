"""From connect to NetStream.Publish.Start."""

from sluicebench.figures import middle, take_turns
from sluicebench.load import Load
from sluicebench.report import Row
from sluicebench.servers import NginxRtmp, NodeMediaServer, Sluice

P50_MS = 1


def run(plan):
    pushes = 20 if plan.quick else 100
    results = take_turns(plan.runs, {name: lambda make=make: _measure(make(), pushes) for name, make in (
        ("sluice", Sluice), ("nginx-rtmp", NginxRtmp), ("node-media-server", NodeMediaServer))}, plan.progress)
    rows = [Row("sluice: connect to Publish.Start, p50", middle(results["sluice"], "publish_ms.p50"), "ms", P50_MS),
            Row("sluice: the same, p99", middle(results["sluice"], "publish_ms.p99"), "ms")]
    for name in ("nginx-rtmp", "node-media-server"):
        rows.append(Row(f"{name}: connect to Publish.Start, p50", middle(results[name], "publish_ms.p50"), "ms"))
    return rows, results


def _measure(server, pushes):
    with server, Load("rtmp_push", "--url", server.rtmp_url(), "--count", pushes, "--ramp", 20, "--bitrate", 100,
                      "--seconds", 0.2) as load:
        return load.result(pushes / 20 + 30)
