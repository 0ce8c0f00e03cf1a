"""web/package-lock.json names no registry: npm takes packages from wherever its user's settings say."""

import json
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "web/package-lock.json"

if __name__ == "__main__":
    packages = json.loads(LOCK.read_text())["packages"]
    problems = [f"{LOCK.name}: {name} is tied to {package['resolved']}"
                for name, package in packages.items() if "://" in package.get("resolved", "")]
    problems += [f"{LOCK.name}: {name} has no integrity hash"
                 for name, package in packages.items() if name and not package.get("link") and "integrity" not in package]
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))
