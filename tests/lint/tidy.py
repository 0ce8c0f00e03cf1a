"""Runs clang-tidy on every C++ source that it has not passed yet in this form (source, headers and settings unchanged).

tidy.py BUILD [FILE…]: BUILD holds compile_commands.json and remembers what passed.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


@lru_cache(maxsize=None)
def own_includes(path: Path) -> frozenset[Path]:
    """Headers of ours that a file includes directly."""
    names = INCLUDE.findall(path.read_text())
    found = (next((p for p in (path.parent / n, ROOT / n) if p.exists()), None) for n in names)
    return frozenset(p.resolve() for p in found if p)


def closure(path: Path) -> set[Path]:
    seen, todo = set(), [path]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += own_includes(current)
    return seen


def fingerprint(path: Path, command: str) -> str:
    digest = hashlib.sha256(command.encode() + (ROOT / ".clang-tidy").read_bytes())
    for part in sorted(closure(path)):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def tidy(build: Path, path: Path) -> str:
    """What clang-tidy says; empty when it is content."""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(build), str(path)], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + (done.stderr if not done.stdout else "")


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    passed = build / "tidy-passed"
    passed.mkdir(exist_ok=True)
    only = {Path(name).resolve() for name in sys.argv[2:]}
    database = json.loads((build / "compile_commands.json").read_text())
    stale = {}
    for entry in database:
        path = Path(entry["file"])
        if path.exists() and "build" not in path.relative_to(ROOT).parts and (not only or path in only):
            mark = passed / fingerprint(path, entry["command"])
            if not mark.exists():
                stale[path] = mark
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (path, mark), said in zip(stale.items(), pool.map(lambda p: tidy(build, p), stale)):
            if said:
                failed += 1
                print(said.strip())
            else:
                mark.touch()
    print(f"clang-tidy: {len(stale)} of {len(database)} files looked at, {failed} with findings", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
