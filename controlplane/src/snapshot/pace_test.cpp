#include "pace.hpp"

#include <gtest/gtest.h>

namespace sluice::control::snapshot {
namespace {

using namespace std::chrono_literals;
constexpr Pace::Clock::time_point kBegan{1h};
constexpr auto kEnded = kBegan + 20ms;

TEST(PaceTest, TheFirstFileIsWrittenAtOnce)
{
    EXPECT_LT(Pace().held_until(1), kBegan);
}

TEST(PaceTest, WhoeverWasAloneDoesNotWait)
{
    Pace pace;
    pace.written(kBegan, kEnded, 1, 0);
    EXPECT_LT(pace.held_until(1), kEnded);
    // As two who take turns.
    pace.written(kBegan, kEnded, 1, 1);
    EXPECT_LT(pace.held_until(1), kEnded);
}

TEST(PaceTest, UnderLoadAFileWaitsAsLongAsTheLastOneTook)
{
    Pace pace;
    pace.written(kBegan, kEnded, 30, 34);
    EXPECT_EQ(pace.held_until(34), kEnded + 20ms);
    EXPECT_EQ(pace.held_until(63), kEnded + 20ms);
}

TEST(PaceTest, ItWaitsForNobodyMoreWhenAllAreBack)
{
    Pace pace;
    pace.written(kBegan, kEnded, 30, 34);
    EXPECT_LT(pace.held_until(64), kEnded);
}

TEST(PaceTest, ASlowDiskHoldsNobodyForLong)
{
    Pace pace;
    pace.written(kBegan, kBegan + 10s, 30, 34);
    EXPECT_EQ(pace.held_until(34), kBegan + 10s + Pace::kLongest);
}

}  // namespace
}  // namespace sluice::control::snapshot
