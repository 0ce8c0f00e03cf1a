#include "restarts.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

constexpr double kMiddle = 0.5;

TEST(Restarts, TheFirstComesAfterASecondAndTheOthersTwiceAsLate)
{
    Restarts restarts;
    for (const auto wait : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
        EXPECT_EQ(restarts.after_end(10, kMiddle), wait);
    }
}

TEST(Restarts, AfterTenInARowTheyAreAMinuteApart)
{
    Restarts restarts;
    for (int i = 0; i < 9; ++i) restarts.after_end(10, kMiddle);
    EXPECT_FALSE(restarts.given_up());
    EXPECT_EQ(restarts.after_end(10, kMiddle), 60'000);
    EXPECT_TRUE(restarts.given_up());
}

TEST(Restarts, WhoRanForHalfAMinuteBeginsAnew)
{
    Restarts restarts;
    for (int i = 0; i < 12; ++i) restarts.after_end(10, kMiddle);
    EXPECT_EQ(restarts.after_end(30'000, kMiddle), 1'000);
    EXPECT_FALSE(restarts.given_up());
}

TEST(Restarts, AQuarterMoreOrLessByChance)
{
    EXPECT_EQ(Restarts().after_end(0, 0.0), 750);
    EXPECT_NEAR(static_cast<double>(Restarts().after_end(0, 0.999999)), 1250, 1);
}

}  // namespace
}  // namespace sluice::hook
