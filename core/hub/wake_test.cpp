#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;

class HubWake : public ::testing::Test {
protected:
    std::vector<std::string> dirty(std::uint32_t slot)
    {
        std::vector<std::string> names;
        take_dirty(zone, slot, [&](StreamRecord& s) { names.emplace_back(name_of(s)); });
        return names;
    }

    using Names = std::vector<std::string>;
    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    StreamRecord& demo = *open_stream(zone, "demo");
    StreamRecord& other = *open_stream(zone, "other");
};

TEST_F(HubWake, NobodyIsWokenWhoDidNotAsk)
{
    EXPECT_EQ(announce(zone, demo), 0U);
    EXPECT_TRUE(dirty(3).empty());
}

TEST_F(HubWake, WhoAskedIsPokedOnceUntilItLooked)
{
    want_wakes(demo, 3, true);
    want_wakes(demo, 63, true);
    EXPECT_EQ(announce(zone, demo), SlotMask{1} << 3 | SlotMask{1} << 63);
    EXPECT_EQ(announce(zone, demo), 0U) << "the write to their eventfds is on its way";
    EXPECT_EQ(dirty(3), Names{"demo"});
    EXPECT_EQ(announce(zone, demo), SlotMask{1} << 3) << "the other has not looked";
}

TEST_F(HubWake, StreamsThatChangeBeforeTheWorkerLooksTravelTogether)
{
    want_wakes(demo, 0, true);
    want_wakes(other, 0, true);
    EXPECT_EQ(announce(zone, demo), 1U);
    EXPECT_EQ(announce(zone, other), 0U);
    EXPECT_EQ(dirty(0).size(), 2U);
    EXPECT_TRUE(dirty(0).empty());
}

TEST_F(HubWake, WhoNoLongerWantsIsLeftAlone)
{
    want_wakes(demo, 5, true);
    want_wakes(demo, 5, false);
    EXPECT_EQ(announce(zone, demo), 0U);
}

TEST_F(HubWake, SomebodyIsToldWhetherItAskedOrNot)
{
    EXPECT_EQ(announce_to(zone, other, 1U << 9), 1U << 9);
    EXPECT_EQ(dirty(9), Names{"other"});
}

}  // namespace
}  // namespace sluice::hub
