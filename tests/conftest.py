"""Makes the package `sluicetest` importable and puts a deadline on every test."""

import faulthandler
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="runs with --long")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def deadline(request):
    """A test that hangs shows where every thread stands and ends the run."""
    marker = request.node.get_closest_marker("deadline")
    faulthandler.dump_traceback_later(marker.args[0] if marker else 120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
