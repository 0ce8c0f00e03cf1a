#include "conditional.hpp"

#include <gtest/gtest.h>

namespace sluice::control::http {
namespace {

TEST(IfMatchHeader, holds_the_versions_it_names)
{
    const auto match = *if_match(R"("1", W/"3" ,"x")");
    ASSERT_TRUE(match);
    EXPECT_TRUE(match->holds(1));
    EXPECT_TRUE(match->holds(3));
    EXPECT_FALSE(match->holds(2));
}

TEST(IfMatchHeader, a_star_holds_every_version_and_an_absent_header_asks_for_nothing)
{
    EXPECT_TRUE((*if_match(" * "))->holds(7));
    EXPECT_FALSE(*if_match(""));
}

TEST(IfMatchHeader, a_tag_that_is_not_ours_holds_no_version)
{
    const auto match = *if_match(R"("99999999999999999999", "1x", "")");
    ASSERT_TRUE(match);
    EXPECT_FALSE(match->holds(1));
    EXPECT_FALSE(match->holds(0));
}

TEST(IfMatchHeader, what_is_no_entity_tag_is_an_error)
{
    for (const auto* wrong : {"1", "\"1", "W/1", "\"1\" \"2\"x", ","}) {
        EXPECT_FALSE(if_match(wrong)) << wrong;
    }
}

TEST(IfNoneMatchHeader, holds_only_the_version_it_names)
{
    EXPECT_TRUE(none_match_holds("\"4\"", 4));
    EXPECT_FALSE(none_match_holds("\"4\"", 5));
    EXPECT_FALSE(none_match_holds("", 5));
    EXPECT_FALSE(none_match_holds("garbage", 5));
}

}  // namespace
}  // namespace sluice::control::http
