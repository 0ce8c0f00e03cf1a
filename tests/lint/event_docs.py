"""docs/events.md lists every type of event that the code raises, with its data, and nothing else."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs/events.md"
ROW = re.compile(r"^\| `([a-z]+\.[a-z_]+)` \| ([^|]*) \|", re.M)
KINDS = "channel|stream|viewer|hook|motion|recording|config|events|webhook|asset|template"
TYPE = re.compile(rf'(?<!#include )"((?:{KINDS})\.[a-z_]+)"')
# What the audit log calls an action reads the same, in the imperative.
ACTION = re.compile(r"\.(create|update|delete|rotate_\w+|redeliver|import|restore|rollback|apply|kick|replace)$")
RAISED = re.compile(r'raise\("([a-z.]+_?[a-z_]*)"(.*?)\);', re.S)
FIELD = re.compile(r'\{"(\w+)",')


def documented() -> dict[str, set[str]]:
    return {kind: set(re.findall(r"`(\w+)`", data)) for kind, data in ROW.findall(DOCS.read_text())}


def sources(top: str) -> list[Path]:
    return [p for p in sorted((ROOT / top).rglob("*.cpp")) if not p.name.endswith("_test.cpp")]


def known_types() -> dict[str, Path]:
    return {kind: path for top in ("modules", "exec", "controlplane/src") for path in sources(top)
            for kind in TYPE.findall(path.read_text()) if not ACTION.search(kind)}


def raised_fields() -> list[tuple[Path, str, str]]:
    """What nginx's events hold stands where they are raised."""
    return [(path, kind, field) for path in sources("modules")
            for kind, rest in RAISED.findall(path.read_text()) for field in FIELD.findall(rest)]


if __name__ == "__main__":
    docs, code = documented(), known_types()
    problems = [f"{code[kind].relative_to(ROOT)}: {kind} is not in docs/events.md" for kind in sorted(code.keys() - docs)]
    problems += [f"docs/events.md: nothing raises {kind}" for kind in sorted(docs.keys() - code)]
    problems += [f"{path.relative_to(ROOT)}: {kind} holds {field}, which docs/events.md does not list"
                 for path, kind, field in raised_fields() if field not in docs.get(kind, ())]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
