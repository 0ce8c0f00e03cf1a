#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;

class HubSessions : public ::testing::Test {
protected:
    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
};

TEST_F(HubSessions, ASecondPublisherIsADuplicate)
{
    EXPECT_EQ(claim(zone, "demo").result, Claimed::fresh);
    EXPECT_EQ(claim(zone, "demo").result, Claimed::duplicate);
    EXPECT_EQ(claim(zone, "other").result, Claimed::fresh);
}

TEST_F(HubSessions, AReplacedWriterIsNoLongerCurrent)
{
    auto first = claim(zone, "demo");
    auto second = claim(zone, "demo", true, 3);
    EXPECT_EQ(second.result, Claimed::replaced);
    EXPECT_FALSE(first.writer.current());
    EXPECT_TRUE(second.writer.current());
    EXPECT_EQ(second.poke & 1, 1U) << "the old publisher's worker hears of it";
    EXPECT_EQ(second.ended, auth::Reason::replaced) << "the new one tells of the end";
    EXPECT_FALSE(release(zone, first.writer, 5000).ended) << "the old one does not";
    EXPECT_TRUE(second.writer.current()) << "the old one's end is not the stream's";
}

TEST_F(HubSessions, AClaimInsideTheWindowContinuesTheTimeline)
{
    auto first = claim(zone, "demo");
    append(first.writer, 10, true);
    EXPECT_TRUE(release(zone, first.writer, 5000).ended);
    const auto second = claim(zone, "demo");
    EXPECT_EQ(second.result, Claimed::resumed);
    EXPECT_FALSE(second.ended);
    EXPECT_EQ(second.last_dts_ms, 400);
    EXPECT_EQ(second.last_arrival_us, 400'000U);
}

TEST_F(HubSessions, APublisherThatSentNothingDoesNotResetTheTimeline)
{
    auto first = claim(zone, "demo");
    append(first.writer, 10, true);
    release(zone, first.writer, 5000);
    auto silent = claim(zone, "demo");
    release(zone, silent.writer, 5000);
    EXPECT_EQ(claim(zone, "demo").last_dts_ms, 400);
}

TEST_F(HubSessions, TheTimelineOutlivesTheRing)
{
    auto first = claim(zone, "demo");
    append(first.writer, 10, true);
    release(zone, first.writer, 5000);
    std::vector<Writer> others;
    for (const auto* name : {"a", "b", "c", "d"}) {
        others.push_back(claim(zone, name).writer);
        append(others.back(), 1000, true);
    }
    const auto second = claim(zone, "demo");
    EXPECT_EQ(second.result, Claimed::resumed);
    EXPECT_EQ(second.last_dts_ms, 400);
}

TEST_F(HubSessions, AFreshRunHasATimelineOfItsOwn)
{
    auto first = claim(zone, "demo");
    append(first.writer, 10, true);
    release(zone, first.writer, 0);
    const auto second = claim(zone, "demo");
    EXPECT_EQ(second.result, Claimed::fresh);
    EXPECT_EQ(second.last_dts_ms, -1);
}

TEST_F(HubSessions, WhenEveryRingIsTakenTheHubIsFull)
{
    std::vector<Writer> writers;
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g"}) {
        auto made = claim(zone, name);
        ASSERT_EQ(made.result, Claimed::fresh) << name;
        writers.push_back(made.writer);
    }
    EXPECT_EQ(claim(zone, "h").result, Claimed::full);
    release(zone, writers[2], 0);
    EXPECT_EQ(claim(zone, "h").result, Claimed::fresh);
}

TEST_F(HubSessions, TheRingReleasedLongestAgoIsReusedFirst)
{
    auto a = claim(zone, "a"), b = claim(zone, "b");
    auto& ring_a = a.writer.ring();
    auto& ring_b = b.writer.ring();
    ASSERT_EQ(claim(zone, "c").result, Claimed::fresh);
    ASSERT_EQ(claim(zone, "d").result, Claimed::fresh);
    release(zone, b.writer, 0);
    release(zone, a.writer, 0);
    EXPECT_EQ(&claim(zone, "e").writer.ring(), &ring_b);
    EXPECT_EQ(&claim(zone, "f").writer.ring(), &ring_a);
}

TEST_F(HubSessions, AContinuedStreamStartsInTheClassItHadGrownTo)
{
    auto first = claim(zone, "demo");
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, first.writer, 256 * kKiB, own_process_id(), 0, poke));
    EXPECT_EQ(first.writer.ring().bytes, 256 * kKiB);
    release(zone, first.writer, 5000);
    EXPECT_EQ(claim(zone, "demo").writer.ring().bytes, 256 * kKiB);
}

TEST_F(HubSessions, GrowTakesTheSmallestThatFitsElseTheLargestThereIs)
{
    auto a = claim(zone, "a"), b = claim(zone, "b");
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, a.writer, 300 * kKiB, own_process_id(), 0, poke));
    EXPECT_EQ(a.writer.ring().bytes, 1024 * kKiB);
    ASSERT_TRUE(grow(zone, b.writer, 300 * kKiB, own_process_id(), 0, poke));
    EXPECT_EQ(b.writer.ring().bytes, 256 * kKiB);
    EXPECT_FALSE(grow(zone, a.writer, 9 << 20, own_process_id(), 0, poke));
    EXPECT_TRUE(a.writer.current());
    release(zone, a.writer, 0);
    ASSERT_TRUE(grow(zone, b.writer, 9 << 20, own_process_id(), 0, poke));
    EXPECT_EQ(b.writer.ring().bytes, 1024 * kKiB);
}

TEST_F(HubSessions, AReplacedWriterDoesNotGrow)
{
    auto first = claim(zone, "demo");
    auto second = claim(zone, "demo", true);
    SlotMask poke = 0;
    EXPECT_FALSE(grow(zone, first.writer, 256 * kKiB, own_process_id(), 0, poke));
    EXPECT_TRUE(second.writer.current());
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < zone.header().rings; ++i)
        used += zone.ring(i).owner.load() != 0 ? 1 : 0;
    EXPECT_EQ(used, 2U) << "the ring it took is free again";
}

TEST_F(HubSessions, AnEndRequestReachesTheSessionEvenWhenItGrows)
{
    auto first = claim(zone, "demo", false, 5);
    SlotMask poke = 0;
    EXPECT_FALSE(end_requested(first.writer));
    ASSERT_TRUE(request_end(zone, first.writer.stream(), auth::Reason::kicked, poke));
    EXPECT_EQ(poke, SlotMask{1} << 5);
    ASSERT_TRUE(grow(zone, first.writer, 256 * kKiB, own_process_id(), 5, poke));
    EXPECT_EQ(end_requested(first.writer), auth::Reason::kicked);
}

TEST_F(HubSessions, AnEndRequestDoesNotReachTheNextSession)
{
    auto first = claim(zone, "demo");
    SlotMask poke = 0;
    ASSERT_TRUE(request_end(zone, first.writer.stream(), auth::Reason::kicked, poke));
    auto& stream = first.writer.stream();
    release(zone, first.writer, 5000);
    EXPECT_FALSE(request_end(zone, stream, auth::Reason::kicked, poke)) << "nobody publishes";
    EXPECT_FALSE(end_requested(claim(zone, "demo").writer));
}

TEST_F(HubSessions, ARecordThatBecameAnothersIsNotClaimed)
{
    auto* stream = open_stream(zone, "old");
    stream->tag.store(open_stream(zone, "new")->tag.load());
    const auto made = claim_stream(zone, *stream, "old", own_process_id(), 0, true, 0);
    EXPECT_EQ(made.result, Claimed::full);
    EXPECT_EQ(Current::unpack(stream->current.load()).state, State::idle);
}

TEST_F(HubSessions, TheWindowEndsWhenItsTimeIsOver)
{
    auto first = claim(zone, "demo");
    auto& stream = first.writer.stream();
    release(zone, first.writer, 5000);
    Lives lives;
    SlotMask poke = 0;
    EXPECT_FALSE(keep_stream(zone, stream, 4999, lives, poke));
    const auto ended = keep_stream(zone, stream, 5000, lives, poke);
    ASSERT_TRUE(ended);
    EXPECT_FALSE(ended->waiting);
    EXPECT_EQ(Current::unpack(stream.current.load()).state, State::idle);
    EXPECT_FALSE(keep_stream(zone, stream, 6000, lives, poke));
}

TEST_F(HubSessions, ADeadlineThatNobodySetIsSetByHousekeeping)
{
    auto first = claim(zone, "demo");
    auto& stream = first.writer.stream();
    release(zone, first.writer, 5000);
    stream.deadline.store(Deadline{.epoch = 77, .until_ms = 1}.pack());
    stream.window_ms.store(100);
    Lives lives;
    SlotMask poke = 0;
    EXPECT_FALSE(keep_stream(zone, stream, 6000, lives, poke));
    EXPECT_FALSE(keep_stream(zone, stream, 6099, lives, poke));
    EXPECT_TRUE(keep_stream(zone, stream, 6100, lives, poke));
}

}  // namespace
}  // namespace sluice::hub
