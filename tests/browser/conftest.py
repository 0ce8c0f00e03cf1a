"""Fixtures: a browser, and a stage that stands in for the servers."""

import pytest
from browser import Player, complaints, open_chromium
from stage import Stage


@pytest.fixture
def stage():
    made = Stage()
    yield made
    made.close()


@pytest.fixture(scope="session")
def _chromium():
    driver = open_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def chromium(_chromium):
    """The shared browser on an empty page; the pages must not have complained at the end."""
    _chromium.get("about:blank")
    _chromium.get_log("browser")
    yield _chromium
    found = complaints(_chromium)
    _chromium.get("about:blank")
    assert not found, "\n".join(found)


@pytest.fixture
def watch(chromium):
    """Opens a player page."""
    return lambda address: Player(chromium, address)
