"""The checks of ./sluice lint that read the text alone: scripts, layers, and documents against what they describe."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ("shell", "python", "format", "layers", "directives", "api", "channels", "events", "links", "lockfile")


def is_checkout():
    git = shutil.which("git")
    return git is not None and subprocess.run([git, "-C", str(ROOT), "rev-parse"], capture_output=True).returncode == 0


@pytest.mark.skipif(not is_checkout(), reason="the checks ask git which files are the project's, and this is no checkout")
@pytest.mark.parametrize("check", CHECKS)
def test_lint(check):
    done = subprocess.run([str(ROOT / "sluice"), "lint", check], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
