"""What one more viewer takes in the server's own memory, by protocol."""

from contextlib import ExitStack

from sluicebench import proc
from sluicebench.figures import middle, take_turns
from sluicebench.load import Load
from sluicebench.report import Row
from sluicebench.servers import NodeMediaServer, Sluice
from sluicebench.watch import push, watch

HTTP1_KB = 8
FIRST = 20  # what the first viewers make the server allocate once is not counted


def run(plan):
    viewers = 100 if plan.quick else 500
    results = take_turns(plan.runs, {
        "HTTP/1.1": lambda: _growth(Sluice(), viewers, lambda s: s.flv_url()),
        "HTTP/1.1 over TLS": lambda: _growth(Sluice(), viewers, lambda s: s.secure_flv_url()),
        "HTTP/2 over TLS": lambda: _growth(Sluice(), viewers, lambda s: s.secure_flv_url(), "--http2"),
        "HTTP/2 in the clear": lambda: _growth(Sluice(), viewers, lambda s: s.clear_http2_flv_url(), "--http2"),
        "node-media-server": lambda: _growth(NodeMediaServer(), viewers, lambda s: s.flv_url()),
    }, plan.progress)
    rows = []
    for name, runs in results.items():
        who = name if name == "node-media-server" else f"sluice, {name}"
        rows.append(Row(f"{who}: memory per viewer", middle(runs, "kb_per_viewer"), "KB",
                        HTTP1_KB if name == "HTTP/1.1" else None))
    return rows, results


def _growth(server, viewers, url, *options):
    with ExitStack() as stack:
        stack.enter_context(server)
        stack.enter_context(push(server))
        first = stack.enter_context(Load("flv_viewers", "--url", url(server), "--count", FIRST, "--seconds", 3600, *options))
        first.wait_for("window_open", 40)
        before = proc.memory(server.pids())
        result = watch(server, viewers, 2, url=url(server), warm_up_s=3, options=options,
                       at_open=lambda: proc.memory(server.pids()))
    after = result.pop("at_open")
    if result["joined"] != viewers:
        raise RuntimeError(f"only {result['joined']} of {viewers} viewers joined: {result['failures']}")
    result["memory_before"], result["memory_after"] = before, after
    result["kb_per_viewer"] = (after["anonymous"] - before["anonymous"]) / viewers / 1024
    return result
