"""The unit tests of the tools behind ./sluice bench: who judges must be right."""

import gtest_binary
import pytest

LOAD = gtest_binary.program("asan", "tests/bench/sluice_load_test")


def test_the_load_tools_tests_are_built():
    assert gtest_binary.suites(LOAD), f"{LOAD} is missing or empty: run ./sluice test unit"


@pytest.mark.parametrize("suite", gtest_binary.suites(LOAD))
def test_load_tools(suite):
    gtest_binary.check_suite(LOAD, suite)
