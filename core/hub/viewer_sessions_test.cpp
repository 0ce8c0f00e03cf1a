#include "viewer_sessions.hpp"

#include <string>

#include "test_hub.hpp"
#include "totals.hpp"

namespace sluice::hub {
namespace {

using namespace test;

constexpr std::int64_t kLifetime = 6000;
constexpr std::int64_t kStep = 64;  ///< what times are rounded to

TEST(HubWatched, IsOneWord)
{
    const Watched watched{
        .until = 0xfedcba98, .run = 0x1ffff, .stream = kMaxStreams - 1, .protocol = Protocol::dash};
    const auto again = Watched::unpack(watched.pack());
    EXPECT_EQ(again.until, watched.until);
    EXPECT_EQ(again.run, watched.run);
    EXPECT_EQ(again.stream, watched.stream);
    EXPECT_EQ(again.protocol, watched.protocol);
    EXPECT_NE((Watched{.protocol = Protocol::hls}).pack(), 0U) << "0 is a free place";
}

class HubViewerSessions : public ::testing::Test {
protected:
    Noted note(std::string_view viewer, std::int64_t now_ms = 0, Protocol protocol = Protocol::hls)
    {
        return note_request(zone, demo, protocol, viewer, now_ms, kLifetime);
    }
    bool noted(std::string_view viewer, std::int64_t now_ms = 0)
    {
        return is_noted(zone, demo, Protocol::hls, viewer, now_ms);
    }
    std::uint32_t counted(std::int64_t now_ms)
    {
        count_sessions(zone, now_ms);
        return viewers_of(demo);
    }
    /// Notes viewers v0, v1 … and says how many of them had a place.
    std::uint32_t crowd(std::uint32_t count, std::int64_t now_ms = 0)
    {
        std::uint32_t entered = 0;
        for (std::uint32_t i = 0; i < count; ++i)
            entered += note("v" + std::to_string(i), now_ms) == Noted::entered;
        return entered;
    }
    std::uint32_t used() { return zone.header().sessions_used.load(); }

    SharedZone shared{small_geometry()};
    Zone zone = shared.zone;
    Claim published = claim(zone, "demo");
    StreamRecord& demo = *find_stream(zone, "demo");
};

TEST_F(HubViewerSessions, RequestsOfOneViewerAreOneSession)
{
    EXPECT_FALSE(noted("one"));
    EXPECT_EQ(note("one"), Noted::entered);
    EXPECT_TRUE(noted("one"));
    EXPECT_EQ(note("one"), Noted::known);
    EXPECT_EQ(note("one", 500), Noted::known);
    EXPECT_EQ(note("another"), Noted::entered);
    EXPECT_EQ(viewers_of(demo, Protocol::hls), 2U) << "at once";
    EXPECT_EQ(used(), 2U);
    EXPECT_EQ(counted(0), 2U) << "and as the table has it";
    EXPECT_EQ(used(), 2U);
}

TEST_F(HubViewerSessions, ProtocolsAndStreamsAreCountedApart)
{
    auto other = claim(zone, "other");
    for (const auto protocol : {Protocol::hls, Protocol::cmaf_hls, Protocol::dash})
        EXPECT_EQ(note("one", 0, protocol), Noted::entered);
    EXPECT_EQ(note("two", 0, Protocol::dash), Noted::entered);
    auto& stream = *find_stream(zone, "other");
    EXPECT_EQ(note_request(zone, stream, Protocol::hls, "one", 0, kLifetime), Noted::entered);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(viewers_of(demo, Protocol::hls), 1U);
        EXPECT_EQ(viewers_of(demo, Protocol::cmaf_hls), 1U);
        EXPECT_EQ(viewers_of(demo, Protocol::dash), 2U);
        EXPECT_EQ(viewers_of(demo), 4U);
        EXPECT_EQ(connections_of(demo), 0U);
        EXPECT_EQ(viewers_of(stream), 1U);
        EXPECT_EQ(totals_of(zone).viewers[static_cast<std::size_t>(Protocol::hls)], 2U);
        count_sessions(zone, 0);
    }
}

TEST_F(HubViewerSessions, EveryRequestProlongsASession)
{
    note("one", 0);
    EXPECT_EQ(counted(kLifetime), 1U);
    note("one", kLifetime - kStep);
    EXPECT_EQ(counted(2 * kLifetime - kStep), 1U);
    EXPECT_TRUE(noted("one", 2 * kLifetime - kStep));
    EXPECT_FALSE(noted("one", 2 * kLifetime + kStep));
    EXPECT_EQ(counted(2 * kLifetime + kStep), 0U);
    EXPECT_EQ(used(), 0U);
}

TEST_F(HubViewerSessions, ALateRequestShortensNothing)
{
    note("one", 5000);
    EXPECT_EQ(note("one", 1000), Noted::known) << "of a worker that was held up";
    EXPECT_EQ(counted(5000 + kLifetime), 1U);
}

TEST_F(HubViewerSessions, AViewerThatComesBackIsCountedOnce)
{
    note("one");
    EXPECT_EQ(note("one", 2 * kLifetime), Noted::entered);
    EXPECT_EQ(viewers_of(demo), 1U) << "although nobody has counted in between";
    EXPECT_EQ(used(), 1U);
    EXPECT_EQ(counted(4 * kLifetime), 0U);
    EXPECT_EQ(note("one", 4 * kLifetime), Noted::entered);
    EXPECT_EQ(viewers_of(demo), 1U);
    EXPECT_EQ(used(), 1U);
}

TEST_F(HubViewerSessions, TheClockMayWrap)
{
    const std::int64_t wrap = (std::int64_t{1} << 32) * kStep;
    EXPECT_EQ(note("one", wrap - 1000), Noted::entered);
    EXPECT_EQ(note("one", wrap + 1000), Noted::known);
    EXPECT_EQ(counted(wrap + 2000), 1U);
    EXPECT_EQ(counted(wrap + 1000 + kLifetime + kStep), 0U);
}

TEST_F(HubViewerSessions, ViewersThatShareTheirPlacesAreToldApart)
{
    constexpr std::uint32_t kMany = kMinSessions * 3 / 4;
    EXPECT_EQ(crowd(kMany), kMany);
    EXPECT_EQ(crowd(kMany), 0U) << "all are known";
    EXPECT_EQ(counted(0), kMany);
    EXPECT_EQ(zone.header().sessions_dropped.load(), 0U);
}

TEST_F(HubViewerSessions, AFullTableDropsNewViewersAndSaysSo)
{
    const auto entered = crowd(4 * kMinSessions);
    EXPECT_EQ(entered, kMinSessions) << "of so many every place has had one";
    EXPECT_EQ(zone.header().sessions_dropped.load(), 4 * kMinSessions - entered);
    EXPECT_EQ(note("late"), Noted::full);
    EXPECT_FALSE(noted("late"));
    EXPECT_EQ(note("v0"), Noted::known);
    EXPECT_EQ(counted(0), kMinSessions);
    EXPECT_EQ(used(), kMinSessions);
    EXPECT_EQ(note("late", kLifetime + kStep), Noted::entered) << "without housekeeping";
    EXPECT_EQ(counted(kLifetime + kStep), 1U);
}

/// One in 32 places was over before the others: whatever places a viewer may have, it is among
/// them.
TEST_F(HubViewerSessions, ThePlaceThatWasOverFirstIsReused)
{
    for (std::uint32_t i = 0; i < kMinSessions; ++i) {
        const Watched over{.until = i % kSessionBucket == 7 ? 10 : 20 + i,
                           .run = 1,
                           .stream = 1,
                           .protocol = Protocol::dash};
        zone.session(i).watched.store(over.pack());
    }
    EXPECT_EQ(note("one", 1000 * kStep), Noted::entered);
    for (std::uint32_t i = 0; i < kMinSessions; ++i) {
        if (zone.session(i).key.load() != 0) EXPECT_EQ(i % kSessionBucket, 7U);
    }
    EXPECT_EQ(counted(1000 * kStep), 1U);
}

TEST_F(HubViewerSessions, AStreamThatNobodyHasPublishedHasNone)
{
    auto& stream = *open_stream(zone, "nobody");
    EXPECT_EQ(note_request(zone, stream, Protocol::hls, "one", 0, kLifetime), Noted::unpublished);
    EXPECT_EQ(viewers_of(stream), 0U);
    EXPECT_EQ(used(), 0U);
}

TEST_F(HubViewerSessions, SessionsOfAnEarlierRunDoNotCountForTheNext)
{
    note("one");
    release(zone, published.writer, 0);
    EXPECT_EQ(counted(0), 1U) << "it may still read what is there";
    EXPECT_TRUE(is_shown(demo));
    auto again = claim(zone, "demo");
    ASSERT_EQ(again.result, Claimed::fresh);
    EXPECT_EQ(viewers_of(demo), 0U);
    EXPECT_EQ(counted(0), 0U);
    EXPECT_EQ(used(), 1U) << "its place is taken until its time is over";
    EXPECT_EQ(note("one"), Noted::entered);
    EXPECT_EQ(counted(0), 1U);
    EXPECT_EQ(counted(kLifetime + kStep), 0U);
}

TEST_F(HubViewerSessions, ARunThatIsContinuedKeepsItsSessions)
{
    note("one");
    release(zone, published.writer, 5000);
    auto again = claim(zone, "demo");
    ASSERT_EQ(again.result, Claimed::resumed);
    EXPECT_EQ(note("one"), Noted::known);
    EXPECT_EQ(counted(0), 1U);
}

TEST_F(HubViewerSessions, SessionsOfARecordThatWasReclaimedDoNotCountForItsNextStream)
{
    for (std::uint32_t i = 0; i < 10; ++i) note("v" + std::to_string(i));
    release(zone, published.writer, 0);
    for (int i = 1; i < 8; ++i)
        ASSERT_TRUE(add_reader(*open_stream(zone, "o" + std::to_string(i)), 1));
    ASSERT_EQ(open_stream(zone, "next"), &demo);
    EXPECT_EQ(counted(0), 0U);
    EXPECT_FALSE(is_shown(demo));
    auto next = claim(zone, "next");
    EXPECT_EQ(counted(0), 0U);
    EXPECT_EQ(note("v0"), Noted::entered);
    EXPECT_EQ(counted(0), 1U);
}

TEST_F(HubViewerSessions, AWrongCountHealsWithTheNextRound)
{
    note("one");
    demo.sessions[0].store(77);
    demo.sessions[2].store(5);
    zone.header().sessions_used.store(99);
    EXPECT_EQ(counted(0), 1U);
    EXPECT_EQ(viewers_of(demo, Protocol::dash), 0U);
    EXPECT_EQ(used(), 1U);
}

TEST_F(HubViewerSessions, HousekeepingCountsOnceASecond)
{
    const auto corrected_at = [&](std::int64_t now_ms) {
        demo.sessions[0].store(7);
        keep_house(zone, now_ms, [](const Ended&) {});
        return viewers_of(demo) == 0;
    };
    EXPECT_TRUE(corrected_at(10'000));
    EXPECT_FALSE(corrected_at(10'000)) << "another worker has just done it";
    EXPECT_FALSE(corrected_at(10'999));
    EXPECT_TRUE(corrected_at(11'000));
}

/// As whoever died inside left it.
TEST_F(HubViewerSessions, APlaceThatSomebodyIsTakingCountsForNobodyAndIsFreeSoon)
{
    const auto taking = [](std::uint32_t until) {
        return Watched{.until = until, .run = 1, .stream = 1, .protocol = Watched::kTaking}.pack();
    };
    note("one");
    for (std::uint32_t i = 0; i < kMinSessions; ++i) zone.session(i).watched.store(taking(2));
    EXPECT_EQ(counted(0), 0U);
    EXPECT_EQ(used(), 0U);
    EXPECT_FALSE(noted("one"));
    EXPECT_EQ(note("one"), Noted::full);
    EXPECT_EQ(note("one", 2 * kStep), Noted::entered);
    EXPECT_EQ(viewers_of(demo), 1U);
    EXPECT_EQ(counted(2 * kStep), 1U);
    EXPECT_EQ(used(), 1U);
}

}  // namespace
}  // namespace sluice::hub
