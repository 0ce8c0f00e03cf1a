"""Rows of results, as a table and as JSON."""

import datetime
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from . import tools


@dataclass
class Row:
    """One figure. `limit` is the most that is allowed (or, with `at_least`, the least); None: stated only."""

    what: str
    value: float | None
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def verdict(self):
        if self.limit is None:
            return ""
        if self.value is None:
            return "not measured"
        met = self.value >= self.limit if self.at_least else self.value <= self.limit
        return "met" if met else "MISSED"


def _number(value):
    if value is None:
        return "–"
    if isinstance(value, int) or float(value).is_integer() and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def table(rows):
    """The rows as text in columns."""
    lines = [("", "measured", "", "limit", "")]
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        limit = f"{sign} {_number(row.limit)}" if row.limit is not None else ""
        lines.append((row.what, _number(row.value), row.unit, limit, row.verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    return "\n".join(f"  {a:<{widths[0]}}  {b:>{widths[1]}} {c:<{widths[2]}}  {d:>{widths[3]}}  {e}".rstrip()
                     for a, b, c, d, e in lines)


def _first_line(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return None


def _cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    """What the figures depend on; no name and no path of the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    commit = _first_line("git", "-C", str(tools.ROOT), "rev-parse", "--short", "HEAD")
    return {"cores": os.cpu_count(), "cpu": _cpu_model(), "memory_gib": round(memory / 2**30),
            "kernel": platform.release().split("-")[0], "load_1m": round(os.getloadavg()[0], 2),
            "nginx": _first_line(tools.NGINX, "-v"), "node": _first_line("node", "--version"), "commit": commit}


def save(folder, name, rows, results, *, quick, runs, facts):
    """Writes <date>-<scenario>.json; the path."""
    today = datetime.date.today().isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{today}-{name}.json"
    document = {"scenario": name, "date": today, "quick": quick, "runs": runs, "machine": facts,
                "rows": [asdict(row) | {"verdict": row.verdict} for row in rows], "results": results}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path
