#!/usr/bin/python3
"""Measures Sluice and its neighbours. Call it as `./sluice bench`; docs/bench/README.md explains the figures."""

import argparse
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "lib")]

from sluicebench import report, tools  # noqa: E402

SCENARIOS = ("fanout", "workers", "latency", "join", "publish", "memory", "slow", "ingest", "packaging", "ll_hls", "hls_delay", "hub",
             "channels", "api", "picture", "glass_to_glass", "hook_feed", "rendition_delay", "rendition_cpu")


@dataclass
class Plan:
    """What the command line asked for."""

    quick: bool
    runs: int
    floor_batch_ms: float | None

    @staticmethod
    def progress(text):
        print(f"  … {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="./sluice bench", description="Measures Sluice and its neighbours.",
                                     epilog="scenarios: " + ", ".join(SCENARIOS))
    parser.add_argument("scenario", nargs="*", help="which to run; default: all")
    parser.add_argument("--quick", action="store_true", help="short and small: shows that it works, proves nothing")
    parser.add_argument("--runs", type=int, help="runs of each contestant (default: 3, quick: 1)")
    parser.add_argument("--out", type=Path, help="folder of the JSON files (default: docs/bench, quick: build/bench/results)")
    parser.add_argument("--floor-batch", type=float, metavar="MS", help="fan-out: batching of the floor, instead of ours")
    given = parser.parse_args()
    for name in given.scenario:
        if name not in SCENARIOS:
            parser.error(f"no scenario is called {name}; there are: {', '.join(SCENARIOS)}")
    if given.runs is not None and given.runs < 1:
        parser.error("--runs must be at least 1")
    return given


def run_scenario(name, plan, out):
    """Runs one scenario, prints its table, writes its JSON; whether every limit was met."""
    print(f"\n{name}: {importlib.import_module(f'scenarios.{name}').__doc__.strip()}", flush=True)
    facts = report.machine()
    if facts["load_1m"] > facts["cores"] / 2:
        print(f"  the machine is busy (load {facts['load_1m']}): these figures prove nothing", flush=True)
    rows, results = importlib.import_module(f"scenarios.{name}").run(plan)
    print(report.table(rows), flush=True)
    report.save(out, name, rows, results, quick=plan.quick, runs=plan.runs, facts=facts)
    return all(row.verdict in ("", "met") for row in rows)


def main():
    given = arguments()
    plan = Plan(given.quick, given.runs or (1 if given.quick else 3), given.floor_batch)
    out = given.out or (tools.BUILD / "results" if given.quick else tools.ROOT / "docs/bench")
    failed, missed = [], []
    for name in given.scenario or SCENARIOS:
        try:
            if not run_scenario(name, plan, out):
                missed.append(name)
        except (tools.Unavailable, RuntimeError, OSError) as error:
            print(f"  not measured: {error}", flush=True)
            failed.append(name)
    if missed:
        print(f"\nlimits missed in: {', '.join(missed)}")
    if failed:
        print(f"\nnot measured: {', '.join(failed)}")
    return 2 if failed else 1 if missed and not plan.quick else 0


if __name__ == "__main__":
    sys.exit(main())
