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

TEST(LoginThrottle, guessing_at_one_name_is_slow_from_however_many_addresses)
{
    LoginThrottle throttle;
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
        made += throttle.attempt("ann", "192.0.2." + std::to_string(i), kNow) ? 0 : 1;
    }
    EXPECT_EQ(made, 10);
    EXPECT_LE(guesses_in_a_minute(throttle, "ann", "198.51.100.1"), 12);
}

TEST(LoginThrottle, guessing_from_one_address_is_slow_at_however_many_names)
{
    LoginThrottle throttle;
    int made = 0;
    for (int i = 0; i < 1000; ++i) {
        made += throttle.attempt("name" + std::to_string(i), "192.0.2.1", kNow) ? 0 : 1;
    }
    EXPECT_EQ(made, 20);
}

TEST(LoginThrottle, addresses_of_one_ipv6_network_count_as_one)
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

TEST(LoginThrottle, the_wait_is_a_matter_of_seconds)
{
    LoginThrottle throttle;
    for (int i = 0; i < 500; ++i) {
        if (const auto wait = throttle.attempt("ann", "192.0.2.1", kNow)) EXPECT_LE(*wait, 6);
    }
    EXPECT_TRUE(throttle.attempt("ann", "192.0.2.1", kNow));
    EXPECT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow + 6));
}

TEST(LoginThrottle, an_address_that_signed_in_before_does_not_wait_for_others_guesses)
{
    LoginThrottle throttle;
    ASSERT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
    throttle.succeeded("ann", "192.0.2.1", kNow);
    for (int i = 0; i < 500; ++i) throttle.attempt("ann", "198.51.100." + std::to_string(i), kNow);
    EXPECT_TRUE(throttle.attempt("ann", "203.0.113.1", kNow));
    EXPECT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
}

TEST(LoginThrottle, who_signs_in_well_is_never_slowed_down)
{
    LoginThrottle throttle;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_FALSE(throttle.attempt("ann", "192.0.2.1", kNow));
        throttle.succeeded("ann", "192.0.2.1", kNow);
    }
}

TEST(LoginThrottle, its_tables_are_bounded)
{
    LoginThrottle throttle;
    for (std::size_t i = 0; i < 2 * LoginThrottle::kMaxEntries; ++i) {
        const auto text = std::to_string(i);
        throttle.attempt("n" + text, "a" + text, kNow);
        throttle.succeeded("n" + text, "a" + text, kNow);
    }
    EXPECT_EQ(throttle.size(), LoginThrottle::kMaxEntries);
}

TEST(LoginThrottle, no_failure_is_lost_to_the_audit_log_but_most_share_an_entry)
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
