#include "hls_playlist.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

constexpr auto kLowLatency = R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,PART-HOLD-BACK=0.600000
#EXT-X-PART-INF:PART-TARGET=0.200000
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-MAP:URI="s/v/1/init.mp4"
#EXTINF:2.000000,
s/v/1/100.m4s
#EXT-X-PART:DURATION=0.200000,URI="s/v/1/101.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.199000,URI="s/v/1/101.1.m4s"
#EXTINF:1.900000,a title
s/v/1/101.m4s
#EXT-X-PART:DURATION=0.200000,URI="s/v/1/102.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s/v/1/102.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../a/live.m3u8",LAST-MSN=102,LAST-PART=0
)";

HlsPlaylist parsed(std::string_view text)
{
    return parse_media_playlist(text).value();
}

TEST(HlsPlaylist, HoldsWhatALowLatencyPlayerNeeds)
{
    const auto playlist = parsed(kLowLatency);
    EXPECT_EQ(playlist.target_duration_us, 2'000'000);
    EXPECT_EQ(playlist.part_target_us, 200'000);
    EXPECT_EQ(playlist.part_hold_back_us, 600'000);
    EXPECT_TRUE(playlist.can_block_reload);
    EXPECT_EQ(playlist.map, "s/v/1/init.mp4");
    EXPECT_EQ(playlist.preload_hint, "s/v/1/102.1.m4s");
    EXPECT_EQ(playlist.next, (PartNumber{102, 1}));
    EXPECT_FALSE(playlist.ended);
}

TEST(HlsPlaylist, PartsBelongToTheSegmentThatFollowsThem)
{
    const auto playlist = parsed(kLowLatency);
    ASSERT_EQ(playlist.segments.size(), 2U);
    EXPECT_EQ(playlist.segments[1].number, 101U);
    EXPECT_EQ(playlist.segments[1].uri, "s/v/1/101.m4s");
    EXPECT_EQ(playlist.segments[1].duration_us, 1'900'000);
    ASSERT_EQ(playlist.parts.size(), 3U);
    EXPECT_EQ(playlist.parts[1].number, (PartNumber{101, 1}));
    EXPECT_EQ(playlist.parts[1].duration_us, 199'000);
    EXPECT_FALSE(playlist.parts[1].independent);
    EXPECT_EQ(playlist.parts[2].number, (PartNumber{102, 0}));
    EXPECT_TRUE(playlist.parts[2].independent);
    EXPECT_EQ(playlist.parts[2].uri, "s/v/1/102.0.m4s");
}

TEST(HlsPlaylist, ADeltaUpdateCountsWhatItSkips)
{
    const auto playlist = parsed(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:10\n"
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n#EXTINF:2,\n15.m4s\n");
    EXPECT_EQ(playlist.segments[0].number, 15U);
    EXPECT_EQ(playlist.next, (PartNumber{16, 0}));
}

TEST(HlsPlaylist, LineEndsMayBeThoseOfWindows)
{
    const auto playlist =
        parsed("#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:3.5,\r\na.ts\r\n#EXT-X-ENDLIST\r\n");
    EXPECT_EQ(playlist.segments[0].uri, "a.ts");
    EXPECT_TRUE(playlist.ended);
}

TEST(HlsPlaylist, AnythingElseIsAnError)
{
    EXPECT_FALSE(parse_media_playlist("<html>"));
    EXPECT_FALSE(parse_media_playlist("#EXTM3U\n"));
    EXPECT_FALSE(parse_multivariant(""));
}

TEST(HlsMultivariant, NamesPictureAndSound)
{
    const auto variant = parse_multivariant(R"(#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="a, b",DEFAULT=YES,URI="a/live.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2500000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="aac"

v/live.m3u8
)");
    ASSERT_TRUE(variant && *variant);
    EXPECT_EQ((*variant)->uri, "v/live.m3u8");
    EXPECT_EQ((*variant)->audio_uri, "a/live.m3u8");
}

TEST(HlsMultivariant, SoundMayBeInTheVariant)
{
    const auto variant = parse_multivariant("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n");
    ASSERT_TRUE(variant && *variant);
    EXPECT_EQ((*variant)->uri, "low.m3u8");
    EXPECT_EQ((*variant)->audio_uri, "");
}

TEST(HlsMultivariant, AMediaPlaylistIsNone)
{
    EXPECT_EQ(parse_multivariant(kLowLatency).value(), std::nullopt);
}

TEST(ResolvePath, FollowsTheRulesOfUris)
{
    const auto resolved = [](std::string_view base, std::string_view uri) {
        return resolve_path(base, uri).value();
    };
    EXPECT_EQ(resolved("/demo/master.m3u8", "v.m3u8"), "/demo/v.m3u8");
    EXPECT_EQ(resolved("/demo/master.m3u8?a=/b", "s/v/1/2.m4s?c=d"), "/demo/s/v/1/2.m4s?c=d");
    EXPECT_EQ(resolved("/demo/v/live.m3u8", "../a/./live.m3u8"), "/demo/a/live.m3u8");
    EXPECT_EQ(resolved("/demo/v/live.m3u8", "/x/y"), "/x/y");
    EXPECT_EQ(resolved("/demo/live.m3u8", "../../../x"), "/x");
    EXPECT_EQ(resolved("/demo/v/live.m3u8", ".."), "/demo/");
}

TEST(ResolvePath, StaysOnTheServer)
{
    for (const auto* uri : {"", "//other/x", "http://other/x"})
        EXPECT_FALSE(resolve_path("/a", uri)) << uri;
}

}  // namespace
}  // namespace sluice::bench
