#include "ramp.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

constexpr std::int64_t kBegin = 5'000'000;

std::size_t started_at(Ramp& ramp, std::int64_t now_us)
{
    std::size_t count = 0;
    while (ramp.start_next(now_us)) ++count;
    return count;
}

TEST(RampTest, NobodyIsDueBeforeItBegins)
{
    Ramp ramp(3, 10);
    EXPECT_EQ(started_at(ramp, kBegin), 0U);
    EXPECT_GE(ramp.next_us(), Ramp::kNever);
}

TEST(RampTest, StartsSoManyASecondAndNoMoreThanThereAre)
{
    Ramp ramp(5, 10);
    ramp.begin(kBegin);
    EXPECT_EQ(ramp.next_us(), kBegin);
    EXPECT_EQ(started_at(ramp, kBegin), 1U);
    EXPECT_EQ(ramp.next_us(), kBegin + 100'000);
    EXPECT_EQ(started_at(ramp, kBegin + 99'999), 0U);
    EXPECT_EQ(started_at(ramp, kBegin + 200'000), 2U) << "who is late does not shift the others";
    EXPECT_FALSE(ramp.all_started());
    EXPECT_EQ(started_at(ramp, kBegin + 9'000'000), 2U);
    EXPECT_TRUE(ramp.all_started());
    EXPECT_EQ(ramp.next_us(), Ramp::kNever);
    EXPECT_EQ(ramp.end_us(), kBegin + 500'000);
}

TEST(RampTest, OfNobodyNothingIsEverDue)
{
    Ramp ramp(0, 0);
    ramp.begin(kBegin);
    EXPECT_EQ(started_at(ramp, kBegin + 1), 0U);
    EXPECT_TRUE(ramp.all_started());
    EXPECT_EQ(ramp.next_us(), Ramp::kNever);
}

}  // namespace
}  // namespace sluice::bench
