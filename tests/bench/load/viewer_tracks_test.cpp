#include <gtest/gtest.h>

#include "polled_track.hpp"
#include "static_track.hpp"

namespace sluice::bench {
namespace {

Result<void> take(ViewerTrack& track, std::string_view text, std::int64_t now_us)
{
    const Bytes body(text.begin(), text.end());
    return track.take(body, now_us);
}

constexpr auto kTwo = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n1.ts\n";
constexpr auto kThree =
    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n"
    "#EXTINF:2,\n1.ts\n#EXTINF:2,\n2.ts\n";

TEST(PolledTrack, FetchesTheSegmentsThatAppear)
{
    PolledTrack track("/demo/live.m3u8", 20);
    EXPECT_EQ(track.next(100).path, "/demo/live.m3u8");
    ASSERT_TRUE(take(track, kTwo, 100));
    EXPECT_EQ(track.next(100).kind, AskKind::playlist);
    EXPECT_EQ(track.next(100).at_us, 120);
    ASSERT_TRUE(take(track, kTwo, 130));
    EXPECT_EQ(track.next(130).at_us, 150);
    ASSERT_TRUE(take(track, kThree, 160));
    EXPECT_EQ(track.next(160).path, "/demo/2.ts");
    EXPECT_EQ(track.next(160).kind, AskKind::segment);
    EXPECT_EQ(track.listed_us(), 160);
    ASSERT_TRUE(take(track, "media", 170));
    EXPECT_EQ(track.next(170).kind, AskKind::playlist);
}

TEST(PolledTrack, ReadsTheFirstVariant)
{
    PolledTrack track("/demo/index.m3u8", 20);
    track.next(0);
    ASSERT_TRUE(take(track, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nts/live.m3u8\n", 5));
    EXPECT_FALSE(track.playing());
    EXPECT_EQ(track.next(5).path, "/demo/ts/live.m3u8");
    EXPECT_EQ(track.next(5).at_us, 0);
}

TEST(StaticTrack, AsksForBothFilesAtEachTick)
{
    StaticTrack track("/v", 200, 50);
    EXPECT_EQ(track.next(1010).path, "/v.m3u8");
    EXPECT_EQ(track.next(1010).at_us, 1250);
    ASSERT_TRUE(take(track, "list", 1255));
    EXPECT_EQ(track.next(1255).path, "/v.m4s");
    EXPECT_EQ(track.next(1255).at_us, 0);
    ASSERT_TRUE(take(track, "part", 1260));
    EXPECT_EQ(track.next(1260).at_us, 1450);
    EXPECT_TRUE(track.playing());
}

TEST(StaticTrack, TicksThatPassedAreMissed)
{
    StaticTrack track("/v", 200, 0);
    track.next(1010);
    ASSERT_TRUE(take(track, "list", 1205));
    ASSERT_TRUE(take(track, "part", 1810));
    EXPECT_EQ(track.missed(), 2U);
    EXPECT_EQ(track.next(1810).at_us, 1800);
}

}  // namespace
}  // namespace sluice::bench
