#include "slots.hpp"

#include "test_hub.hpp"
#include "test_process.hpp"

namespace sluice::hub {
namespace {

using namespace test;

class HubSlots : public ::testing::Test {
protected:
    /// A slot of a process that need not exist: nobody reaps here.
    std::uint32_t worker(ProcessId id, bool exiting)
    {
        const auto slot = *claim_slot(zone, id);
        zone.slot(slot).exiting.store(exiting ? 1 : 0);
        return slot;
    }

    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
};

TEST_F(HubSlots, NobodyMakesWayWhileAQuarterIsFree)
{
    const auto oldest = worker(1, true);
    for (ProcessId id = 2; id <= kSlots * 3 / 4; ++id) worker(id, false);
    EXPECT_FALSE(should_make_way(zone, oldest));
}

TEST_F(HubSlots, TheOldestOfThoseWhoLeaveMakeWayAndNoMoreThanAreNeeded)
{
    const auto oldest = worker(1, true);
    const auto next = worker(2, true);
    const auto youngest = worker(3, true);
    for (ProcessId id = 4; id <= kSlots * 3 / 4 + 2; ++id) worker(id, false);
    EXPECT_TRUE(should_make_way(zone, oldest));
    EXPECT_TRUE(should_make_way(zone, next));
    EXPECT_FALSE(should_make_way(zone, youngest));
}

TEST_F(HubSlots, AWorkerThatStaysNeverMakesWay)
{
    std::uint32_t last = 0;
    for (ProcessId id = 1; id <= kSlots; ++id) last = worker(id, false);
    EXPECT_FALSE(should_make_way(zone, last));
    EXPECT_FALSE(should_make_way(zone, 0));
}

TEST_F(HubSlots, AReleasedSlotLeavesNoMarksForTheNext)
{
    auto& stream = *open_stream(zone, "demo");
    const auto slot = *claim_slot(zone, own_process_id());
    add_reader(stream, slot);
    want_wakes(stream, slot, true);
    stream.viewers[slot][0].store(3);
    EXPECT_NE(announce(zone, stream), 0U);
    release_slot(zone, slot);
    EXPECT_EQ(stream.readers.load(), 0U);
    EXPECT_EQ(viewers_of(stream), 0U);
    EXPECT_EQ(announce(zone, stream), 0U);
    EXPECT_EQ(*claim_slot(zone, own_process_id()), slot);
    EXPECT_EQ(zone.slot(slot).pending.load(), 0U);
}

/// The window is the channel's, which only the worker knew that died.
TEST_F(HubSlots, AKilledWritersStreamEndsWithItsOwnWindow)
{
    auto& stream = *open_stream(zone, "demo");
    const Signal begun;
    Child writer([&] {
        auto claimed = claim(zone, "demo");
        append(claimed.writer, 0, true);
        begun.raise();
        return stay();
    });
    ASSERT_TRUE(begun.wait());
    stream.window_ms.store(2000);
    writer.kill();
    const auto state_at = [&](std::int64_t now_ms) {
        keep_house(zone, now_ms, [](const Ended&) {});
        return Current::unpack(stream.current.load()).state;
    };
    EXPECT_EQ(state_at(1000), State::waiting);
    EXPECT_EQ(state_at(2999), State::waiting);
    EXPECT_EQ(state_at(3000), State::idle);
}

}  // namespace
}  // namespace sluice::hub
