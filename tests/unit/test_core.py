"""The core library's unit tests under AddressSanitizer and UndefinedBehaviorSanitizer."""

import gtest_binary
import pytest

CORE = gtest_binary.program("asan", "core/sluice_core_test")


def test_the_core_tests_are_built():
    assert gtest_binary.suites(CORE), f"{CORE} is missing or empty: run ./sluice test unit"


@pytest.mark.parametrize("suite", gtest_binary.suites(CORE))
def test_core(suite):
    gtest_binary.check_suite(CORE, suite)
