#include "name_tag.hpp"

#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;

class HubNameTag : public ::testing::Test {
protected:
    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    StreamRecord& demo = *open_stream(zone, "demo");
};

TEST(HubTag, HashesThatMeanSomethingElseAreMoved)
{
    EXPECT_EQ(tag_of(0), 2U);
    EXPECT_EQ(tag_of(1), 2U);
    EXPECT_EQ(tag_of(7), 6U);
    EXPECT_EQ(certain(kNever), 0U);
    EXPECT_EQ(certain(kFree), 0U);
    EXPECT_EQ(certain(7), 6U);
}

TEST_F(HubNameTag, ADoubtedRecordIsFoundByItsName)
{
    demo.tag.fetch_or(kDoubt);  // whoever was about to reclaim it died here
    EXPECT_EQ(find_stream(zone, "demo"), &demo);
    EXPECT_EQ(open_stream(zone, "demo"), &demo);
    EXPECT_TRUE(is_named(zone, demo, "demo"));
    EXPECT_EQ(name_of(demo), "demo");
}

TEST_F(HubNameTag, UsingARecordTakesTheDoubtAway)
{
    const auto tag = demo.tag.fetch_or(kDoubt);
    EXPECT_TRUE(add_reader(demo, 3));
    EXPECT_EQ(demo.tag.load(), tag);
    remove_reader(demo, 3);
    demo.tag.fetch_or(kDoubt);
    EXPECT_EQ(claim(zone, "demo").result, Claimed::fresh);
    EXPECT_EQ(demo.tag.load(), tag);
}

TEST_F(HubNameTag, ARecordThatWasReclaimedIsHeldByNobody)
{
    const auto tag = demo.tag.exchange(kFree);
    EXPECT_FALSE(add_reader(demo, 3));
    EXPECT_EQ(demo.readers.load(), 0U);
    EXPECT_FALSE(hold(demo, tag));
    EXPECT_FALSE(hold_name(zone, demo, "demo"));
}

TEST_F(HubNameTag, ADoubtedRecordThatNobodyUsesIsReclaimedAfterAll)
{
    for (int i = 1; i < 8; ++i) {
        auto* other = open_stream(zone, "o" + std::to_string(i));
        ASSERT_NE(other, nullptr);
        ASSERT_TRUE(add_reader(*other, 1));
    }
    demo.tag.fetch_or(kDoubt);
    auto* next = open_stream(zone, "next");
    EXPECT_EQ(next, &demo) << "the only record that is not in use";
    EXPECT_EQ(name_of(*next), "next");
    EXPECT_EQ(find_stream(zone, "demo"), nullptr);
}

}  // namespace
}  // namespace sluice::hub
