"""What several threads and processes share, under ThreadSanitizer: the hub's rings, records and slots."""

import gtest_binary
import pytest

CORE = gtest_binary.program("tsan", "core/sluice_core_test")
SHARED = ("Hub", "Ring", "Zone", "Event", "Epoch", "Cursor", "Slot", "Seqlock", "Writer", "Stream", "Ingest", "Publication")


def shared_suites():
    return [name for name in gtest_binary.suites(CORE) if name.startswith(SHARED)]


def test_the_tests_of_shared_memory_are_built():
    assert shared_suites(), f"{CORE} is missing or has no hub suites: run ./sluice test unit"


@pytest.mark.parametrize("suite", shared_suites())
def test_has_no_data_race(suite):
    gtest_binary.check_suite(CORE, suite)
