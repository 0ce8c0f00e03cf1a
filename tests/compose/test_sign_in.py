"""The first user: with a password from the environment, or with one that the log shows once."""

import re

import httpx
import pytest
from sluicetest.compose import PORTS

OWN = "a password of this test"


def signs_in(password):
    reply = httpx.post(f"http://127.0.0.1:{PORTS['http']}/api/v1/sessions", json={"username": "admin", "password": password})
    return reply.status_code == 201


@pytest.fixture
def fresh(project):
    """Nothing is stored yet."""
    project.down("-v")
    yield project
    project.environment.pop("SLUICE_ADMIN_PASSWORD", None)
    project.down("-v")


def shown(logs):
    return re.findall(r"password +(\S+) +\(of the user admin", logs)


def test_a_password_that_was_made_up_is_in_the_log_once(fresh):
    fresh.up()
    (password,) = fresh.wait_log(shown)

    assert signs_in(password)
    assert fresh.inside("sh", "-c", "test -e /var/lib/sluice/run/admin-password || echo gone").strip() == "gone"
    starts = fresh.logs().count("Sluice is running.")
    fresh.run("restart")
    fresh.wait_healthy()
    fresh.wait_log(lambda logs: logs.count("Sluice is running.") > starts)
    assert shown(fresh.logs()) == [password]


def test_a_password_of_ones_own_is_in_force_and_not_in_the_log(fresh):
    fresh.up(SLUICE_ADMIN_PASSWORD=OWN)
    fresh.wait_log(lambda logs: "Sluice is running." in logs)

    assert signs_in(OWN) and not signs_in(OWN + "!")
    assert OWN not in fresh.logs() and not shown(fresh.logs())
    assert all(OWN not in args for _, args in fresh.processes())
