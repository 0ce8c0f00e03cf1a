#include "flood.hpp"

#include <gtest/gtest.h>

namespace sluice::control::events {
namespace {

using nlohmann::json;

Event refused(std::int64_t at, const std::string& channel = "demo",
              const std::string& address = "192.0.2.1")
{
    return {"stream.rejected", channel, at, {{"reason", "disabled"}, {"address", address}}, true};
}

TEST(FloodTest, AStrangerWhoKeepsKnockingIsListedAFewTimesAndThenCounted)
{
    Flood flood;
    int passed = 0;
    for (int i = 0; i < 1000; ++i) passed += flood.pass(refused(1000 + i)) ? 1 : 0;
    EXPECT_EQ(passed, 5);
    EXPECT_TRUE(flood.due(5000).empty());

    const auto sums = flood.due(1000 + Flood::kWindowMs);

    ASSERT_EQ(sums.size(), 1U);
    EXPECT_EQ(sums[0].channel, "demo");
    EXPECT_EQ(sums[0].ts_ms, 1999);
    EXPECT_EQ(sums[0].data, json({{"reason", "disabled"},
                                  {"address", "192.0.2.1"},
                                  {"count", 995},
                                  {"since_ms", 1005}}));
    EXPECT_TRUE(flood.due(1000 + 2 * Flood::kWindowMs).empty());
    EXPECT_TRUE(flood.pass(refused(30'000)));
}

TEST(FloodTest, ManyStrangersAreBoundedTogetherAndNoneIsLost)
{
    Flood flood;
    std::uint64_t told = 0;
    for (int i = 0; i < 5000; ++i) {
        told += flood.pass(refused(1000, "c" + std::to_string(i), std::to_string(i))) ? 1 : 0;
    }
    EXPECT_LE(told, Flood::kSingleOfAll);
    const auto sums = flood.due(1000 + Flood::kWindowMs);
    EXPECT_LE(sums.size(), Flood::kMaxWindows + 1);
    bool rest = false;
    for (const auto& sum : sums) {
        told += sum.data.at("count").get<std::uint64_t>();
        rest = rest || sum.channel.empty();
    }
    EXPECT_EQ(told, 5000U);
    EXPECT_TRUE(rest);
}

TEST(FloodTest, WhatIsCountedOutlivesTheProcess)
{
    Flood first;
    for (int i = 0; i < 20; ++i) first.pass(refused(1000));
    Flood second;
    second.restore(json::parse(first.held().dump()));
    EXPECT_FALSE(second.pass(refused(2000)));
    const auto sums = second.due(1000 + Flood::kWindowMs);
    ASSERT_EQ(sums.size(), 1U);
    EXPECT_EQ(sums[0].data["count"], 16);
}

TEST(FloodTest, AClockThatIsSetBackHoldsNoCountForEver)
{
    Flood flood;
    for (int i = 0; i < 20; ++i) flood.pass(refused(1'000'000));
    EXPECT_EQ(flood.due(5000).size(), 1U);
}

TEST(FloodTest, StartsAndStopsAlwaysPass)
{
    Flood flood;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(flood.pass({"stream.started", "demo", 1000, json::object(), true}));
    }
}

}  // namespace
}  // namespace sluice::control::events
