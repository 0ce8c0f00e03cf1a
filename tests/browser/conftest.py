"""Fixtures: a browser, and a stage that stands in for the servers."""

import pytest
from browser import Player, complaints, open_chromium
from sluicetest.nginx import Nginx
from sluicetest.system import System
from stage import DIST, PLAYER_POLICY, Stage


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


LOCATIONS = """
location ~ "^/[A-Za-z0-9_-]+/(flv|hls|dash|index)\\.html$" {{
    alias {dist}/player/$1.html;
    default_type text/html;
    add_header Content-Security-Policy "{policy}";
}}
location ~ "^/[A-Za-z0-9_-]+/(s/.+|(index|live|master)\\.m3u8|manifest\\.mpd)$" {{
    sluice_package_serve on;
    sluice_access_play open;
}}
location /assets/ {{
    alias {dist}/assets/;
    types {{ application/javascript js; text/css css; image/svg+xml svg; }}
}}
"""


@pytest.fixture
def nginx():
    """nginx with our module, two workers and the player pages; anybody may push and watch."""
    server = Nginx(workers=2, application="sluice_access_publish open; sluice_package hls cmaf;",
                   location="sluice_access_play open;",
                   locations=LOCATIONS.format(dist=DIST, policy=PLAYER_POLICY))
    server.parts["main"] = f"sluice_package_dir {server.prefix}/live;"
    try:
        yield server.start()
        server.stop()
    finally:
        server.discard()


@pytest.fixture(scope="session")
def product():
    """The whole product, as `./sluice up` starts it."""
    started = System()
    try:
        started.up()
        yield started
        started.down()
    finally:
        started.discard()
