#include "conditional.hpp"

#include <gtest/gtest.h>

namespace sluice::control::http {
namespace {

TEST(IfMatchHeader, HoldsTheVersionsItNames)
{
    const auto match = *if_match(R"("1", W/"3" ,"x")");
    ASSERT_TRUE(match);
    EXPECT_TRUE(match->holds(1));
    EXPECT_TRUE(match->holds(3));
    EXPECT_FALSE(match->holds(2));
}

TEST(IfMatchHeader, AStarHoldsEveryVersionAndAnAbsentHeaderAsksForNothing)
{
    EXPECT_TRUE((*if_match(" * "))->holds(7));
    EXPECT_FALSE(*if_match(""));
}

TEST(IfMatchHeader, ATagThatIsNotOursHoldsNoVersion)
{
    const auto match = *if_match(R"("99999999999999999999", "1x", "")");
    ASSERT_TRUE(match);
    EXPECT_FALSE(match->holds(1));
    EXPECT_FALSE(match->holds(0));
}

TEST(IfMatchHeader, WhatIsNoEntityTagIsAnError)
{
    for (const auto* wrong : {"1", "\"1", "W/1", "\"1\" \"2\"x", ","}) {
        EXPECT_FALSE(if_match(wrong)) << wrong;
    }
}

TEST(IfNoneMatchHeader, HoldsOnlyTheVersionItNames)
{
    EXPECT_TRUE(none_match_holds("\"4\"", 4));
    EXPECT_FALSE(none_match_holds("\"4\"", 5));
    EXPECT_FALSE(none_match_holds("", 5));
    EXPECT_FALSE(none_match_holds("garbage", 5));
}

}  // namespace
}  // namespace sluice::control::http
