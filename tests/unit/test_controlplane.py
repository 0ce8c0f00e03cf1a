"""The control plane's unit tests under AddressSanitizer and UndefinedBehaviorSanitizer."""

import gtest_binary
import pytest

CONTROL = gtest_binary.program("asan", "controlplane/sluice_control_test")


def test_the_control_plane_tests_are_built():
    assert gtest_binary.suites(CONTROL), f"{CONTROL} is missing or empty: run ./sluice test unit"


@pytest.mark.parametrize("suite", gtest_binary.suites(CONTROL))
def test_controlplane(suite):
    gtest_binary.check_suite(CONTROL, suite)
