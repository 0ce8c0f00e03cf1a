"""A GoogleTest program as pytest tests: one per suite, so that a failure has a name in the summary."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def program(build: str, path: str) -> Path:
    """The program `path` of build/<build>."""
    return ROOT / "build" / build / path


def suites(binary: Path) -> list[str]:
    """The names of its suites; empty when it is not built (a test of its own then fails)."""
    if not binary.exists():
        return []
    listed = run(binary, "--gtest_list_tests")
    assert listed.returncode == 0, listed.stderr
    names = (line.split("#")[0].rstrip() for line in listed.stdout.splitlines() if not line.startswith(" "))
    return [name.removesuffix(".") for name in names if name.endswith(".")]


def run(binary: Path, *arguments: str, timeout: float = 100) -> subprocess.CompletedProcess:
    return subprocess.run([str(binary), *arguments], capture_output=True, text=True, timeout=timeout,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL)


def check_suite(binary: Path, suite: str) -> None:
    done = run(binary, f"--gtest_filter={suite}.*", "--gtest_brief=1")
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
