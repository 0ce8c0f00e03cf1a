#include "reader.hpp"

#include "test_hub.hpp"

namespace sluice::hub {
namespace {

using namespace test;
using Numbers = std::vector<std::int64_t>;

class HubReader : public ::testing::Test {
protected:
    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    Claim first = claim(zone, "demo");
    Writer writer = first.writer;
    StreamRecord& stream = writer.stream();
};

TEST_F(HubReader, StartsAtTheNewestKeyFrame)
{
    for (std::uint64_t n = 0; n < 10; ++n) append(writer, n, n % 4 == 0);
    Viewer viewer(zone, stream);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{8, 9}));
}

TEST_F(HubReader, WaitsUntilThereIsAKeyFrame)
{
    append(writer, 0, false);
    Viewer viewer(zone, stream);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_TRUE(viewer.bytes.empty());
    append(writer, 1, true);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), Numbers{1});
}

TEST_F(HubReader, GivesWholeTagsInPiecesOfAnySize)
{
    append(writer, 0, true);
    for (std::uint64_t n = 1; n < 20; ++n) append(writer, n, false, 100 + n * 13);
    Viewer viewer(zone, stream);
    EXPECT_EQ(viewer.drain(7), Sight::wait);
    const auto tags = viewer.tags();
    ASSERT_EQ(tags.size(), 20U);
    for (std::uint64_t n = 0; n < 20; ++n)
        EXPECT_EQ(tags[n], (SeenTag{n, static_cast<std::int64_t>(n) * 40, true}));
    EXPECT_TRUE(viewer.bytes.empty());
}

TEST_F(HubReader, GoesOnAcrossTheEndOfTheRing)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    std::uint64_t next = 0;
    for (std::uint64_t n = 1; n < 1000; ++n) {
        append(writer, n, n % 10 == 0, 900 + n % 300);
        EXPECT_EQ(viewer.drain(), Sight::wait);
        for (const auto& tag : viewer.tags()) {
            EXPECT_EQ(tag, (SeenTag{next, static_cast<std::int64_t>(next) * 40, true}));
            ++next;
        }
    }
    EXPECT_EQ(next, 1000U);
}

TEST_F(HubReader, JumpsToAKeyFrameWhenItsPlaceIsOverwrittenAndCountsWhatItLost)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    viewer.tags();
    for (std::uint64_t n = 1; n <= 100; ++n) append(writer, n, n % 25 == 0);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), Numbers{100});
    const auto skip = viewer.reader.take_skip();
    EXPECT_EQ(skip.tags, 99U);
    EXPECT_EQ(skip.ms, 4000);
    EXPECT_EQ(viewer.reader.take_skip().tags, 0U);
    EXPECT_EQ(viewer.configs, 2);
}

TEST_F(HubReader, IsOverrunWhenTheRestOfItsTagIsOverwritten)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.step(100);  // the codec headers
    EXPECT_EQ(viewer.step(100), Sight::tags);
    EXPECT_TRUE(viewer.reader.inside_tag());
    for (std::uint64_t n = 1; n <= 100; ++n) append(writer, n, true);
    EXPECT_EQ(viewer.step(), Sight::overrun);
}

TEST_F(HubReader, SettleTellsThatWhatWasSentMayBeTorn)
{
    append(writer, 0, true);
    Reader reader(zone, stream);
    std::vector<std::uint8_t> config(3 * kConfigBytes);
    Stretch stretch;
    ASSERT_EQ(reader.look(1 << 20, stretch), Sight::tags);
    reader.copy_config(config);
    for (std::uint64_t n = 1; n <= 100; ++n) append(writer, n, true);
    EXPECT_FALSE(reader.settle(stretch, 1));
}

TEST_F(HubReader, NothingIsTornWhereNothingWasSent)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.step();
    Stretch stretch;
    ASSERT_EQ(viewer.reader.look(1 << 20, stretch), Sight::tags);
    for (std::uint64_t n = 1; n <= 100; ++n) append(writer, n, true);
    EXPECT_TRUE(viewer.reader.settle(stretch, 0));
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), Numbers{100});
}

TEST_F(HubReader, SkipsWhenItIsTooLateButOnlyAtATagsEnd)
{
    append(writer, 0, true);
    append(writer, 1, false);
    Viewer viewer(zone, stream);
    viewer.step(10);
    viewer.step(10);
    for (std::uint64_t n = 2; n <= 20; ++n) append(writer, n, n == 15);
    viewer.reader.skip_if_late(100);
    EXPECT_EQ(viewer.reader.take_skip().tags, 0U) << "inside a tag";
    viewer.step(viewer.reader.rest_of_tag());
    EXPECT_EQ(viewer.reader.lag_ms(), 19 * 40);
    viewer.reader.skip_if_late(10'000);
    EXPECT_EQ(viewer.reader.take_skip().tags, 0U) << "not that late";
    viewer.reader.skip_if_late(100);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 15, 16, 17, 18, 19, 20}));
    const auto skip = viewer.reader.take_skip();
    EXPECT_EQ(skip.tags, 14U);
    EXPECT_EQ(skip.ms, 14 * 40);
}

TEST_F(HubReader, KnowsHowFarItsNextKeyFrameIs)
{
    append(writer, 0, true, 100);
    Viewer viewer(zone, stream);
    EXPECT_FALSE(viewer.reader.bytes_to_key()) << "it has no place yet";
    viewer.drain();
    EXPECT_FALSE(viewer.reader.bytes_to_key()) << "none is to come";
    append(writer, 1, false, 200);
    append(writer, 2, true, 300);
    append(writer, 3, false, 300);
    const auto before_key = tag_bytes(1, 40, 200).size();
    EXPECT_EQ(viewer.reader.bytes_to_key(), before_key);
    viewer.step(50);
    EXPECT_EQ(viewer.reader.bytes_to_key(), before_key - 50);
    viewer.step(before_key - 50);
    EXPECT_EQ(viewer.reader.bytes_to_key(), 0U);
    viewer.step(10);
    EXPECT_FALSE(viewer.reader.bytes_to_key()) << "inside the key frame it is no longer to come";
}

TEST_F(HubReader, SendsConfigStampedWithTheTimeOfTheNextTagAndMetadataOnceAtZero)
{
    ASSERT_TRUE(writer.set_config(ConfigKind::script, tag_bytes(900, 7, 20)));
    ASSERT_TRUE(writer.set_config(ConfigKind::video, tag_bytes(901, 7, 20)));
    append(writer, 5, true);
    Viewer viewer(zone, stream);
    viewer.step();
    const auto tags = take_tags(viewer.config);
    ASSERT_EQ(tags.size(), 2U);
    EXPECT_EQ(tags[0], (SeenTag{900, 0, true}));
    EXPECT_EQ(tags[1], (SeenTag{901, 200, true}));
    viewer.drain();
    for (std::uint64_t n = 6; n <= 200; ++n) append(writer, n, n == 200);
    viewer.step();
    const auto again = take_tags(viewer.config);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0], (SeenTag{901, 8000, true}));
}

TEST_F(HubReader, DoesNotStartAKeyFrameUnderAHeaderThatCameAfterIt)
{
    append(writer, 0, true);
    Reader reader(zone, stream);
    Stretch stretch;
    ASSERT_EQ(reader.look(1 << 20, stretch), Sight::tags);
    writer.forget_key();
    ASSERT_TRUE(writer.set_config(ConfigKind::video, tag_bytes(901, 0, 20)));
    std::vector<std::uint8_t> config(3 * kConfigBytes);
    EXPECT_EQ(reader.copy_config(config), 0U);
    EXPECT_TRUE(reader.wants_config());
    EXPECT_EQ(reader.look(1 << 20, stretch), Sight::wait);
    append(writer, 1, true);
    EXPECT_EQ(reader.look(1 << 20, stretch), Sight::tags);
    EXPECT_GT(reader.copy_config(config), 0U);
}

TEST_F(HubReader, WaitsForHeadersThatAreBeingWritten)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    auto& lock = writer.ring().config_lock;
    lock.fetch_add(1);
    EXPECT_EQ(viewer.step(), Sight::wait);
    lock.fetch_add(1);
    EXPECT_EQ(viewer.step(), Sight::tags);
}

TEST_F(HubReader, EndsWhenTheStreamIsIdleAndEverythingWasTaken)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    release(zone, writer, 0);
    EXPECT_EQ(viewer.drain(), Sight::ended);
    EXPECT_TRUE(viewer.bytes.empty()) << "it joined an idle stream";
}

TEST_F(HubReader, DrainsTheOldPublisherAndGoesOnWithTheNew)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    append(writer, 1, false);
    auto second = claim(zone, "demo", true);
    ASSERT_EQ(second.result, Claimed::replaced);
    EXPECT_EQ(second.last_dts_ms, 40);
    append(writer, 2, false);  // nobody's: it was replaced
    append(second.writer, 3, true);
    append(second.writer, 4, false);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1, 3, 4}));
    EXPECT_EQ(viewer.configs, 1);
}

TEST_F(HubReader, AKeyFrameOfAReplacedOwnerIsNobodys)
{
    append(writer, 0, true);
    append(writer, 1, false);
    Viewer viewer(zone, stream);
    viewer.step();
    auto second = claim(zone, "demo", true);
    append(writer, 2, true);
    viewer.reader.skip_if_late(0);
    append(second.writer, 3, true);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1, 3}));
}

TEST_F(HubReader, FollowsOverSeveralEpochsWithoutLosingATag)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    std::vector<Writer> writers{writer};
    for (std::uint64_t n = 1; n < 4; ++n) {
        writers.push_back(claim(zone, "demo", true).writer);
        append(writers.back(), n, true);
    }
    EXPECT_EQ(viewer.drain(), Sight::wait);
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1, 2, 3}));
}

TEST_F(HubReader, ANewRunOfTheStreamEndsIt)
{
    append(writer, 100, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    append(writer, 101, false);
    viewer.step(50);
    release(zone, writer, 0);
    auto second = claim(zone, "demo");
    ASSERT_EQ(second.result, Claimed::fresh);
    append(second.writer, 0, true);
    EXPECT_EQ(viewer.drain(), Sight::ended);
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{100, 101})) << "the open tag is finished";
}

TEST_F(HubReader, WaitsWhileTheNewOwnerIsStillLinking)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    auto second = claim(zone, "demo", true);
    second.writer.ring().linked.store(0);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    second.writer.ring().linked.store(1);
    append(second.writer, 1, true);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1}));
}

TEST_F(HubReader, IsOverrunWhenItsRingIsReusedByAnotherStreamInsideATag)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.step(100);
    viewer.step(100);
    release(zone, writer, 5000);
    std::vector<Writer> others;
    for (const auto* name : {"a", "b", "c", "d"}) others.push_back(claim(zone, name).writer);
    append(others.back(), 9, true);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    auto second = claim(zone, "demo");
    ASSERT_EQ(second.result, Claimed::resumed);
    append(second.writer, 1, true);
    EXPECT_EQ(viewer.drain(), Sight::overrun);
    EXPECT_EQ(numbers(viewer.tags()), Numbers{});
}

TEST_F(HubReader, NeverSeesWhatAnotherStreamPutsIntoItsRing)
{
    append(writer, 0, true);
    Viewer viewer(zone, stream);
    viewer.drain();
    append(writer, 1, false);
    release(zone, writer, 5000);
    std::vector<Writer> others;
    for (const auto* name : {"a", "b", "c", "d"}) others.push_back(claim(zone, name).writer);
    for (auto& other : others) append(other, 77, true);
    EXPECT_EQ(viewer.drain(), Sight::wait);
    auto second = claim(zone, "demo");
    append(second.writer, 2, true);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 2}));
}

class HubReaderOfAGrowingStream : public HubReader {};

TEST_F(HubReaderOfAGrowingStream, GoesOnInsideTheCopyByteForByte)
{
    for (const std::uint64_t taken : {0, 1, 500, 1023, 3000, 10230}) {
        const SharedZone other(small_geometry());
        const auto& zone = other.zone;
        auto writer = claim(zone, "demo").writer;
        auto& stream = writer.stream();
        append(writer, 0, true);
        for (std::uint64_t n = 1; n < 10; ++n) append(writer, n, false);
        Viewer viewer(zone, stream);
        viewer.step();
        if (taken != 0) viewer.step(taken);
        SlotMask poke = 0;
        auto grown = writer;
        ASSERT_TRUE(grow(zone, grown, 200 * kKiB, own_process_id(), 0, poke));
        // The old ring is anybody's now.
        writer.ring().tail_seq.store(writer.ring().head_seq.load());
        append(grown, 10, false);
        EXPECT_EQ(viewer.drain(), Sight::wait);
        EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})) << taken;
        EXPECT_EQ(viewer.configs, 1);
    }
}

TEST_F(HubReaderOfAGrowingStream, DrainsWhatWasNotCopied)
{
    append(writer, 0, true);
    append(writer, 1, false);
    Viewer viewer(zone, stream);
    viewer.step();
    append(writer, 2, true);
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, writer, 200 * kKiB, own_process_id(), 0, poke));
    ASSERT_TRUE(grow(zone, writer, 800 * kKiB, own_process_id(), 0, poke));
    append(writer, 3, false);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1, 2, 3}));
}

TEST_F(HubReaderOfAGrowingStream, NeverGoesBackInTimeWhenTheOldRingIsLost)
{
    append(writer, 0, true);
    append(writer, 1, false);
    Viewer viewer(zone, stream);
    viewer.drain();
    append(writer, 2, true);
    append(writer, 3, false);
    auto& old_ring = writer.ring();
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, writer, 200 * kKiB, own_process_id(), 0, poke));
    old_ring.epoch.store(0);
    append(writer, 4, true);
    ASSERT_TRUE(grow(zone, writer, 800 * kKiB, own_process_id(), 0, poke));
    append(writer, 5, false);
    viewer.drain();
    auto last = std::int64_t{-1};
    for (const auto& tag : viewer.tags()) {
        EXPECT_TRUE(tag.whole);
        EXPECT_GT(tag.dts_ms, last);
        last = tag.dts_ms;
    }
    EXPECT_EQ(last, 200);
}

TEST_F(HubReaderOfAGrowingStream, JoinsAtTheCopiedKeyFrame)
{
    append(writer, 0, true);
    append(writer, 1, false);
    SlotMask poke = 0;
    ASSERT_TRUE(grow(zone, writer, 200 * kKiB, own_process_id(), 0, poke));
    Viewer viewer(zone, stream);
    viewer.drain();
    EXPECT_EQ(numbers(viewer.tags()), (Numbers{0, 1}));
}

}  // namespace
}  // namespace sluice::hub
