"""The machine's policy-rc.d while packages are installed: forbids service starts, and comes back whatever happens."""

import os
import subprocess

import pytest
from sluicetest.nginx import ROOT
from sluicetest.waiting import wait_for

MACHINES = "#!/bin/sh\n# the machine's own\nexit 101\n"


@pytest.fixture
def policy(tmp_path):
    return tmp_path / "policy-rc.d"


def command(steps):
    return ["bash", "-euc", f"set -o pipefail; . ci/say.sh; . ci/service-starts.sh; {steps}"]


def places(policy):
    return os.environ | {"SLUICE_POLICY_RC": str(policy), "SLUICE_POLICY_RC_LOCK": str(policy.parent / "lock")}


def run(policy, steps):
    """Runs steps of an installation on a policy-rc.d that is not the machine's."""
    return subprocess.run(command(steps), cwd=ROOT, env=places(policy), capture_output=True, text=True, timeout=20)


def left(policy):
    """Everything that is there but the lock."""
    return {p.name: p.read_text() for p in policy.parent.iterdir() if p.name != "lock"}


@pytest.mark.parametrize("before", [{}, {"policy-rc.d": MACHINES}])
def test_starts_are_forbidden_meanwhile_and_the_machines_policy_comes_back(policy, before):
    for name, text in before.items():
        (policy.parent / name).write_text(text)

    done = run(policy, '[ ! -x "$policy" ]; forbid_service_starts; rc=0; "$policy" || rc=$?; echo $rc')

    assert done.stdout == "101\n", done.stderr
    assert left(policy) == before


@pytest.mark.parametrize("before", [{}, {"policy-rc.d": MACHINES}])
@pytest.mark.parametrize("at", ["mv", "printf", "chmod", "never"])
@pytest.mark.parametrize("then", ["forbid_service_starts", "mend_interrupted_run"])
def test_a_run_that_was_killed_is_mended_by_the_next(policy, before, at, then):
    for name, text in before.items():
        (policy.parent / name).write_text(text)
    # Killed right after the first use of a command, or when all is done.
    killed = f'{at}() {{ command {at} "$@"; kill -9 $$; }}; forbid_service_starts; kill -9 $$'

    assert run(policy, killed).returncode == -9
    assert run(policy, then).returncode == 0

    assert {k: v for k, v in left(policy).items() if not k.endswith(".new")} == before


def test_a_policy_made_after_an_interrupted_run_is_not_overwritten(policy):
    policy.write_text(MACHINES)
    kept = policy.with_name("policy-rc.d.before-sluice")
    kept.write_text("an older one\n")

    done = run(policy, "forbid_service_starts")

    assert done.returncode == 1
    assert "are both there" in done.stderr
    assert left(policy) == {policy.name: MACHINES, kept.name: "an older one\n"}


def test_a_second_run_waits_for_the_first(policy):
    policy.write_text(MACHINES)
    first = subprocess.Popen(command("forbid_service_starts; echo forbidden; read -r"), cwd=ROOT, env=places(policy),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "forbidden\n"
        assert run(policy, "mend_interrupted_run").returncode == 0
        assert "Made by Sluice" in policy.read_text()
        second = subprocess.Popen(command("forbid_service_starts; echo forbidden"), cwd=ROOT, env=places(policy),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "waiting for another installation" in second.stderr.readline()
        first.communicate("\n", timeout=10)
        assert second.communicate(timeout=10)[0] == "forbidden\n"
    finally:
        first.kill()
    wait_for(lambda: left(policy) == {policy.name: MACHINES}, what="the machine's own policy")
