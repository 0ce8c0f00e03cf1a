#include "verdict_cache.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

const Verdict kYes{.allowed = true};
const Verdict kNo{.reason = "no seat"};

TEST(VerdictCache, KeepsAVerdictUntilItsTime)
{
    VerdictCache cache(10);
    cache.put("a", kNo, 0, 100);
    EXPECT_EQ(cache.find("a", 99), kNo);
    EXPECT_EQ(cache.find("b", 99), std::nullopt);
    EXPECT_EQ(cache.find("a", 100), std::nullopt);
    EXPECT_EQ(cache.size(), 0U);
}

TEST(VerdictCache, ANewerVerdictTakesThePlace)
{
    VerdictCache cache(10);
    cache.put("a", kNo, 0, 100);
    cache.put("a", kYes, 0, 50);
    EXPECT_EQ(cache.find("a", 10), kYes);
    EXPECT_EQ(cache.size(), 1U);
}

TEST(VerdictCache, WhatWasUsedLongestAgoMakesRoom)
{
    VerdictCache cache(2);
    cache.put("a", kYes, 0, 100);
    cache.put("b", kYes, 0, 100);
    EXPECT_TRUE(cache.find("a", 1));
    cache.put("c", kYes, 0, 100);
    EXPECT_TRUE(cache.find("a", 1));
    EXPECT_FALSE(cache.find("b", 1));
    EXPECT_TRUE(cache.find("c", 1));
    EXPECT_EQ(cache.size(), 2U);
}

TEST(VerdictCache, WhatIsOverGoesWhenOthersCome)
{
    VerdictCache cache(10);
    cache.put("a", kYes, 0, 100);
    cache.put("b", kYes, 0, 50);
    cache.put("c", kYes, 70, 90);
    EXPECT_EQ(cache.size(), 2U);
    cache.put("d", kYes, 100, 200);
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_TRUE(cache.find("d", 199));
}

}  // namespace
}  // namespace sluice::control
