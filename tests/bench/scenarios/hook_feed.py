"""50 processes that are fed with 2 Mbit/s each: CPU of nginx and sluice-exec beyond the same pushes without them."""

import time

from sluicebench import proc
from sluicebench.figures import difference, median, middle, take_turns
from sluicebench.hooks import SluiceHooks
from sluicebench.report import Row
from sluicebench.servers import Sluice
from sluicebench.watch import push

HOOKS = 50
CORE_PERCENT = 5
SETTLE_S = 3
RINGS = "512k:16 2m:128"
# Bounded as the product bounds a snapshot: its memory is watched.
EAT = 'cpu=256 memory=512 /bin/sh -c "exec cat >/dev/null"'
MANY, ONE = f"{HOOKS} streams", "one stream"
WITH = ", with hooks"


def run(plan):
    window = 4 if plan.quick else 20
    one_each = {"h": EAT}
    all_of_one = {f"h{number}": EAT for number in range(HOOKS)}
    results = take_turns(plan.runs, {
        MANY: lambda: _measure(Sluice(rings=RINGS), HOOKS, window),
        MANY + WITH: lambda: _measure(SluiceHooks(one_each, rings=RINGS), HOOKS, window),
        ONE: lambda: _measure(Sluice(rings=RINGS), 1, window),
        ONE + WITH: lambda: _measure(SluiceHooks(all_of_one, rings=RINGS), 1, window),
    }, plan.progress)
    return _rows(results), results


def _rows(results):
    rows = []
    for name in (MANY, ONE):
        fed, alone = results[name + WITH], results[name]
        nginx = difference(fed, alone, "nginx_percent")
        shims = middle(fed, "exec_percent")
        both = median([f["nginx_percent"] + f["exec_percent"] - a["nginx_percent"] for f, a in zip(fed, alone)])
        rows += [Row(f"{HOOKS} hooks of {name}: CPU that they add", both, "% of a core", CORE_PERCENT),
                 Row("of that: nginx", nginx, "% of a core"),
                 Row("of that: sluice-exec", shims, "% of a core"),
                 Row("the programs themselves (cat)", middle(fed, "programs_percent"), "% of a core"),
                 Row("nginx, taking the pushes", middle(alone, "nginx_percent"), "% of a core"),
                 Row("skips and ends", sum(f["trouble"] for f in fed), "", 0)]
    return rows


def _measure(server, streams, window):
    with server, push(server, streams=streams) as load:
        hooked = hasattr(server, "hooks")
        if hooked:
            server.wait_running(HOOKS)
        time.sleep(SETTLE_S)  # what a start costs is over
        nginx = [pid for pid in server.pids() if proc.title(pid).startswith("nginx:")]
        parts = {"nginx": nginx, "exec": sorted(set(server.pids()) - set(nginx)),
                 "programs": server.programs() if hooked else []}
        before = {name: proc.fine_cpu_seconds(pids) for name, pids in parts.items()}
        time.sleep(window)
        used = {name: proc.fine_cpu_seconds(pids) - before[name] for name, pids in parts.items()}
        trouble = sum(h["skips"]["count"] + h["starts"] - 1 for h in server.records()) if hooked else 0
        result = load.stop()
    return result | {f"{name}_percent": 100 * cpu / window for name, cpu in used.items()} | {"trouble": trouble}
