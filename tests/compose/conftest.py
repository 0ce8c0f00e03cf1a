"""One container for all tests: each may break it, and finds it healthy."""

import pytest
from sluicetest.compose import Compose


@pytest.fixture(scope="session")
def project():
    compose = Compose()
    compose.down("-v")  # of a run that was interrupted
    compose.up()
    yield compose
    compose.down("-v")


@pytest.fixture
def sluice(project):
    return project if project.healthy else project.up()


@pytest.fixture
def api(sluice):
    client = sluice.api()
    yield client
    client.close()


@pytest.fixture
def channel(api):
    return api.channel()
