"""The web pages' own tests and types."""

import subprocess

import pytest
from gtest_binary import ROOT


@pytest.mark.parametrize("script", ["typecheck", "test"])
def test_web(script):
    done = subprocess.run(["npm", "run", "--silent", script], cwd=ROOT / "web", capture_output=True, text=True,
                          timeout=110, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
