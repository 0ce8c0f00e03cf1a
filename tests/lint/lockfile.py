"""No package-lock.json names a registry: npm takes packages from wherever its user's settings say."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "web/package-lock.json", ROOT / "tests/judges/package-lock.json"]


def problems(lock):
    """What is wrong with a lock file."""
    name, packages = lock.relative_to(ROOT), json.loads(lock.read_text())["packages"]
    for package, facts in packages.items():
        if "://" in facts.get("resolved", ""):
            yield f"{name}: {package} is tied to {facts['resolved']}"
        if package and not facts.get("link") and "integrity" not in facts:
            yield f"{name}: {package} has no integrity hash"


if __name__ == "__main__":
    found = [problem for lock in LOCKS for problem in problems(lock)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
