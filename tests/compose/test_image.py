"""What the image holds, and what a container of it may do."""

import pytest

NOT_FOR_RUNNING = ["cc", "gcc", "g++", "clang", "make", "cmake", "ninja", "node", "npm", "python3", "git"]
MOST_BYTES = 700_000_000


@pytest.mark.parametrize("program", NOT_FOR_RUNNING)
def test_nothing_is_in_the_image_that_only_building_needs(sluice, program):
    assert sluice.inside("sh", "-c", f"command -v {program} || echo none").strip() == "none"


def test_the_image_is_small(sluice):
    assert int(sluice.image("{{.Size}}")) < MOST_BYTES


def test_no_process_is_root_or_can_become_it(sluice):
    assert {uid for uid, _ in sluice.processes()} == {1935}
    status = sluice.inside("cat", "/proc/1/status")
    assert "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status


def test_the_programs_can_not_be_changed_from_inside(sluice):
    assert sluice.inside("sh", "-c", "touch /usr/lib/sluice/x 2>/dev/null || echo refused").strip() == "refused"


def test_every_program_of_the_product_runs(sluice):
    commands = " ".join(args for _, args in sluice.processes())
    for name in ("sluice-supervisor", "sluice-control", "nginx: master", "nginx: worker"):
        assert name in commands
