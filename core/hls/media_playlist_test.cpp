#include "media_playlist.hpp"

#include <gtest/gtest.h>

namespace sluice::hls {
namespace {

constexpr std::int64_t kWall = 1'795'000'000'250;  // 2026-11-18T11:06:40.250Z

MediaPlaylist transport_stream()
{
    MediaPlaylist playlist{.target_duration_s = 2, .sequence = 7};
    for (std::int64_t i = 7; i < 10; ++i) {
        playlist.segments.push_back({.uri = "s/ts/1/" + std::to_string(i) + ".ts",
                                     .duration_us = 2'000'000,
                                     .wall_ms = kWall + (i - 7) * 2000});
    }
    return playlist;
}

MediaPlaylist low_latency(std::size_t segments)
{
    MediaPlaylist playlist{.target_duration_s = 2, .part_target_us = 200'000, .sequence = 100};
    for (std::size_t i = 0; i < segments; ++i) {
        const auto name = "s/v/1/" + std::to_string(100 + i);
        Segment segment{.uri = name + ".m4s",
                        .duration_us = 2'000'000,
                        .wall_ms = kWall,
                        .map = "s/v/1/init.mp4"};
        if (i + 1 == segments) {
            segment.parts = {{name + ".0.m4s", 200'000, true}, {name + ".1.m4s", 199'000}};
        }
        playlist.segments.push_back(segment);
    }
    playlist.open = {
        .wall_ms = kWall, .map = "s/v/1/init.mp4", .parts = {{"s/v/1/next.0.m4s", 200'000, true}}};
    playlist.preload_hint = "s/v/1/next.1.m4s";
    playlist.reports = {{"../a/live.m3u8", 100 + segments, 0}};
    return playlist;
}

TEST(MediaPlaylistTest, APlainOneNeedsOnlyVersion3)
{
    EXPECT_EQ(render(transport_stream()), R"(#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.250Z
#EXTINF:2.000000,
s/ts/1/7.ts
#EXTINF:2.000000,
s/ts/1/8.ts
#EXTINF:2.000000,
s/ts/1/9.ts
)");
}

TEST(MediaPlaylistTest, LowLatencySaysWhatIsThereAndWhatComesNext)
{
    EXPECT_EQ(render(low_latency(1)), R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,HOLD-BACK=6.000000,PART-HOLD-BACK=0.600000
#EXT-X-PART-INF:PART-TARGET=0.200000
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="s/v/1/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.250Z
#EXT-X-PART:DURATION=0.200000,URI="s/v/1/100.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.199000,URI="s/v/1/100.1.m4s"
#EXTINF:2.000000,
s/v/1/100.m4s
#EXT-X-PART:DURATION=0.200000,URI="s/v/1/next.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s/v/1/next.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../a/live.m3u8",LAST-MSN=101,LAST-PART=0
)");
}

TEST(MediaPlaylistTest, ADeltaLeavesOutWhatIsOlderThanSixTargets)
{
    const auto playlist = low_latency(20);
    const auto delta = render_delta(playlist);
    // Six segments of two seconds stay, less the 0.2 s that are open already: six whole ones.
    EXPECT_NE(delta.find("#EXT-X-SKIP:SKIPPED-SEGMENTS=14\n"), std::string::npos) << delta;
    EXPECT_EQ(delta.find("s/v/1/113.m4s"), std::string::npos);
    EXPECT_NE(delta.find("s/v/1/114.m4s"), std::string::npos);
    EXPECT_EQ(delta.find("#EXT-X-MAP"), std::string::npos) << "the skipped ones have it";
    EXPECT_NE(delta.find("#EXT-X-MEDIA-SEQUENCE:100\n"), std::string::npos);
}

TEST(MediaPlaylistTest, AShortOneHasNothingToSkip)
{
    EXPECT_EQ(render_delta(low_latency(5)), render(low_latency(5)));
    EXPECT_EQ(render_delta(transport_stream()), render(transport_stream()));
}

TEST(MediaPlaylistTest, ADiscontinuityBringsItsDateAndItsInitialisation)
{
    auto playlist = low_latency(3);
    auto& second = playlist.segments[1];
    second.discontinuity = true;
    second.map = "s/v/2/init.mp4";
    playlist.segments[2].map = playlist.open.map = second.map;
    playlist.discontinuity_sequence = 4;
    const auto text = render(playlist);
    EXPECT_NE(text.find("#EXT-X-DISCONTINUITY-SEQUENCE:4\n"), std::string::npos);
    EXPECT_NE(text.find("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"s/v/2/init.mp4\"\n"
                        "#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.250Z\n#EXTINF"),
              std::string::npos)
        << text;
}

TEST(MediaPlaylistTest, GapsAndTheEndAreSaid)
{
    auto playlist = transport_stream();
    playlist.segments[1].gap = true;
    playlist.ended = true;
    const auto text = render(playlist);
    EXPECT_NE(text.find("#EXT-X-GAP\n#EXTINF:2.000000,\ns/ts/1/8.ts\n"), std::string::npos);
    EXPECT_NE(text.find("#EXT-X-VERSION:8\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("s/ts/1/9.ts\n#EXT-X-ENDLIST\n"));
}

TEST(MediaPlaylistTest, SegmentsThatWereCutWithoutAKeyFrameAreNotCalledIndependent)
{
    auto playlist = transport_stream();
    playlist.segments[2].independent = false;
    EXPECT_EQ(render(playlist).find("INDEPENDENT"), std::string::npos);
}

}  // namespace
}  // namespace sluice::hls
