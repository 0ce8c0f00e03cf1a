"""Fixtures: nginx with our module, the whole product, and networks that fail."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from sluicetest import netns, system
from sluicetest import nginx as nginx_process
from sluicetest.contract import Contract


@pytest.fixture
def make_nginx():
    """Starts nginx with the given parts of the configuration; all end, and end clean."""
    started = []

    def make(**parts):
        server = nginx_process.Nginx(**parts)
        started.append(server)
        return server.start()

    yield make
    try:
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.discard()


@pytest.fixture
def nginx(request, make_nginx):
    """nginx as the test module's NGINX (a dict of parts) describes it."""
    return make_nginx(**getattr(request.module, "NGINX", {}))


@pytest.fixture
def make_system():
    """Starts whole products; all end, leave no process behind, and end clean."""
    started = []

    def make(**how):
        product = system.System(**how)
        started.append(product)
        return product.up()

    yield make
    try:
        for product in started:
            product.down()
    finally:
        for product in started:
            product.discard()


def running_system(**how):
    product = system.System(**how)
    try:
        product.up()
        yield product
        product.down()
    finally:
        product.discard()


@pytest.fixture(scope="module")
def own_system(request):
    """A product of the test module's own, as its SYSTEM (a dict) says: its tests may damage what heals, and leave it
    running."""
    yield from running_system(**getattr(request.module, "SYSTEM", {}))


@pytest.fixture(scope="session")
def shared_system():
    """One product for all tests that only use it."""
    yield from running_system()


@pytest.fixture(scope="session")
def contract():
    """What openapi.yaml promises."""
    return Contract()


@pytest.fixture
def api(shared_system):
    return shared_system.api


@pytest.fixture
def channel(api):
    """A fresh signed channel of the shared product."""
    made = api.channel()
    yield made
    api.delete(made.path)


@pytest.fixture
def folder():
    """A folder that the service user can reach, empty."""
    path = Path(tempfile.mkdtemp(prefix="sluice-script-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def far_machine():
    """A network namespace that can vanish."""
    if os.geteuid() != 0 or not Path("/usr/sbin/nft").exists():
        pytest.skip("needs root and nftables")
    namespace = netns.Namespace()
    yield namespace
    namespace.close()
