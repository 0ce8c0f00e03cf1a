#include "date_drift.hpp"

#include <gtest/gtest.h>

namespace sluice::package {
namespace {

constexpr std::int64_t kSaid = 1'795'000'000'000;

/// The first boundary, two seconds apart, at which a clock that is off by so much is astray; 0: not
/// within a minute.
int first_astray(DateDrift& drift, std::int64_t off_ms)
{
    for (int boundary = 1; boundary <= 30; ++boundary) {
        const auto at = std::int64_t{2000} * boundary;
        if (drift.astray(kSaid + at, {.wall_ms = kSaid + at + off_ms, .mono_ms = at}))
            return boundary;
    }
    return 0;
}

TEST(DateDrift, HalfASecondIsNoDrift)
{
    DateDrift drift;
    EXPECT_EQ(first_astray(drift, 500), 0);
    EXPECT_EQ(first_astray(drift, -500), 0);
}

TEST(DateDrift, MoreThanThatForFiveSecondsIs)
{
    for (const std::int64_t off_ms : {501, -501}) {
        DateDrift drift;
        EXPECT_EQ(first_astray(drift, off_ms), 4) << off_ms;
    }
}

TEST(DateDrift, OneBoundaryInTimeBeginsAnew)
{
    DateDrift drift;
    const auto late = [&](std::int64_t at) {
        return drift.astray(kSaid + at, {.wall_ms = kSaid + at + 900, .mono_ms = at});
    };
    EXPECT_FALSE(late(0));
    EXPECT_FALSE(late(3000));
    EXPECT_FALSE(drift.astray(kSaid + 6000, {.wall_ms = kSaid + 6000, .mono_ms = 6000}));
    EXPECT_FALSE(late(9000));
    EXPECT_FALSE(late(12'000));
    EXPECT_TRUE(late(15'000));
}

TEST(DateDrift, ManyBoundariesAtOnceAreANetworkThatCatchesUp)
{
    DateDrift drift;
    for (std::int64_t boundary = 0; boundary < 10; ++boundary) {
        EXPECT_FALSE(drift.astray(kSaid + 2000 * boundary,
                                  {.wall_ms = kSaid + 20'000, .mono_ms = 10 * boundary}))
            << boundary;
    }
}

}  // namespace
}  // namespace sluice::package
