#include "samples.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sluice::bench {
namespace {

TEST(Samples, PercentilesAreNearestRanks)
{
    Samples samples;
    for (std::int64_t ms = 100; ms >= 1; --ms) samples.add(ms * 1000);
    EXPECT_EQ(samples.percentile(50), 50'000U);
    EXPECT_EQ(samples.percentile(99), 99'000U);
    EXPECT_EQ(samples.percentile(100), 100'000U);
    EXPECT_EQ(samples.summary_ms()["p99"], 99.0);
}

TEST(Samples, WithoutSamplesThereIsNoSummary)
{
    EXPECT_TRUE(Samples{}.summary_ms().is_null());
}

}  // namespace
}  // namespace sluice::bench
