#include "login_throttle.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

/// Attempts that are let through within a minute of trying every second.
int guesses_in_a_minute(LoginThrottle& throttle, const std::string& name,
                        const std::string& address)
{
    int made = 0;
    for (int s = 0; s < 60; ++s) {
        while (!throttle.attempt(name, address, kNow + s)) ++made;
    }
    return made;
}

TEST(LoginThrottle, GuessingAtOneNameIsSlowFromHoweverManyAddresses)
{
    LoginThrottle throttle;
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
        made += throttle.attempt("ann", "192.0.2." + std::to_string(i), kNow) ? 0 : 1;
    }
    EXPECT_EQ(made, 10);
    EXPECT_LE(guesses_in_a_minute(throttle, "ann", "198.51.100.1"), 12);
}

TEST(LoginThrottle, GuessingFromOneAddressIsSlowAtHoweverManyNames)
{
    LoginThrottle throttle;
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
        made += throttle.attempt("name" + std::to_string(i), "192.0.2.1", kNow) ? 0 : 1;
    }
    EXPECT_EQ(made, 20);
}

TEST(LoginThrottle, AddressesOfOneIpv6NetworkCountAsOne)
{
    LoginThrottle throttle;
    int made = 0;
    for (int i = 1; i < 100; ++i) {
        const auto name = "name" + std::to_string(i);
        made += throttle.attempt(name, "2001:db8:1:2::" + std::to_string(i), kNow) ? 0 : 1;
    }
    EXPECT_EQ(made, 20);
    EXPECT_FALSE(throttle.attempt("ann", "2001:db8:1:3::1", kNow));
}

TEST(LoginThrottle, TheWaitIsAMatterOfSeconds)
{
    LoginThrottle throttle;
    for (int i = 0; i < 500; ++i) {
        if (const auto wait = throttle.attempt("ann", "192.0.2.1", kNow)) EXPECT_LE(*wait, 6);
    }
    EXPECT_TRUE(throttle.attempt("ann", "192.0.2.1", kNow));
    EXPECT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow + 6));
}

TEST(LoginThrottle, AnAddressThatSignedInBeforeDoesNotWaitForOthersGuesses)
{
    LoginThrottle throttle;
    ASSERT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
    throttle.succeeded("ann", "192.0.2.1", kNow);
    for (int i = 0; i < 500; ++i) throttle.attempt("ann", "198.51.100." + std::to_string(i), kNow);
    EXPECT_TRUE(throttle.attempt("ann", "203.0.113.1", kNow));
    EXPECT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
}

TEST(LoginThrottle, WhoSignsInWellIsNeverSlowedDown)
{
    LoginThrottle throttle;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
        throttle.succeeded("ann", "192.0.2.1", kNow);
    }
}

TEST(LoginThrottle, ItsTablesAreBounded)
{
    LoginThrottle throttle;
    for (std::size_t i = 0; i < 2 * LoginThrottle::kMaxEntries; ++i) {
        const auto text = std::to_string(i);
        throttle.attempt("n" + text, "a" + text, kNow);
        throttle.succeeded("n" + text, "a" + text, kNow);
    }
    EXPECT_EQ(throttle.size(), LoginThrottle::kMaxEntries);
}

TEST(LoginThrottle, NoFailureIsLostToTheAuditLogButMostShareAnEntry)
{
    LoginThrottle throttle;
    std::size_t entries = 0;
    std::size_t told = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto now = throttle.failures_to_tell(kNow);
        entries += now > 0 ? 1 : 0;
        told += now;
    }
    EXPECT_EQ(entries, 100U);
    EXPECT_EQ(told + throttle.failures_to_tell(kNow + 3600), 5001U);
}

}  // namespace
}  // namespace sluice::control
