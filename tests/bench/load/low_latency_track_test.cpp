#include "low_latency_track.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

constexpr std::int64_t kMs = 1000;
const Bytes kPart{0, 0, 0, 9, 'm', 'd', 'a', 't', 1};

/// Segment 7 with so many parts of 200 ms, whole or open.
std::string playlist(std::size_t parts, bool whole = false)
{
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6\n"
        "#EXT-X-PART-INF:PART-TARGET=0.2\n#EXT-X-MEDIA-SEQUENCE:7\n"
        "#EXT-X-MAP:URI=\"s/v/1/init.mp4\"\n";
    for (std::size_t i = 0; i < parts; ++i) {
        text += "#EXT-X-PART:DURATION=0.2,URI=\"s/v/1/7." + std::to_string(i) + ".m4s\"";
        text += i % 5 == 0 ? ",INDEPENDENT=YES\n" : "\n";
    }
    if (whole) text += "#EXTINF:2,\ns/v/1/7.m4s\n";
    return text;
}

Result<void> take(LowLatencyTrack& track, std::string_view text, std::int64_t now_us = 0)
{
    const Bytes body(text.begin(), text.end());
    return track.take(body, now_us);
}

Result<void> reload(LowLatencyTrack& track, std::string_view text)
{
    EXPECT_EQ(track.next(0).kind, AskKind::reload);
    return take(track, text);
}

Result<void> part(LowLatencyTrack& track, std::int64_t now_us)
{
    EXPECT_EQ(track.next(0).kind, AskKind::part);
    return track.take(kPart, now_us);
}

/// Takes the playlist, the initialisation section and the parts; when playing begins, at `now_us`.
std::vector<std::string> join(LowLatencyTrack& track, const std::string& text,
                              std::int64_t now_us = 0)
{
    std::vector<std::string> asked;
    while (!track.playing()) {
        const auto ask = track.next(now_us);
        asked.push_back(ask.path);
        const auto taken =
            ask.kind == AskKind::playlist ? take(track, text, now_us) : track.take(kPart, now_us);
        if (!taken) break;
    }
    return asked;
}

TEST(LowLatencyTrack, BeginsBehindTheEdgeAtAPartThatStandsAlone)
{
    LowLatencyTrack track("/demo/v.m3u8");
    const auto asked = join(track, playlist(9));
    EXPECT_EQ(asked, (std::vector<std::string>{"/demo/v.m3u8", "/demo/s/v/1/init.mp4",
                                               "/demo/s/v/1/7.5.m4s", "/demo/s/v/1/7.6.m4s",
                                               "/demo/s/v/1/7.7.m4s", "/demo/s/v/1/7.8.m4s"}));
    EXPECT_EQ(track.part_target_us(), 200 * kMs);
}

TEST(LowLatencyTrack, AsksForTheNextPartAndGetsIt)
{
    LowLatencyTrack track("/demo/v.m3u8?sign=x");
    join(track, playlist(9));
    EXPECT_EQ(track.next(0).path, "/demo/v.m3u8?sign=x&_HLS_msn=7&_HLS_part=9");
    EXPECT_EQ(track.next(0).kind, AskKind::reload);
    ASSERT_TRUE(take(track, playlist(10, true)));
    EXPECT_EQ(track.next(0).path, "/demo/s/v/1/7.9.m4s");
    EXPECT_EQ(track.next(0).kind, AskKind::part);
    ASSERT_TRUE(track.take(kPart, 0));
    EXPECT_EQ(track.next(0).path, "/demo/v.m3u8?sign=x&_HLS_msn=8&_HLS_part=0");
    EXPECT_EQ(track.missed(), 0U);
}

TEST(LowLatencyTrack, TheNextSegmentMayComeInsteadOfAPart)
{
    LowLatencyTrack track("/v.m3u8");
    join(track, playlist(9));
    ASSERT_TRUE(reload(track, playlist(9, true) + "#EXT-X-PART:DURATION=0.2,URI=\"x\"\n"));
    EXPECT_EQ(track.next(0).path, "/x");
    EXPECT_EQ(track.missed(), 0U);
}

TEST(LowLatencyTrack, AReloadThatListsNoFurtherPartCameTooEarly)
{
    LowLatencyTrack track("/v.m3u8");
    join(track, playlist(9));
    ASSERT_TRUE(reload(track, playlist(9, true)));
    EXPECT_EQ(track.early(), 1U);
    EXPECT_EQ(track.next(0).path, "/v.m3u8?_HLS_msn=8&_HLS_part=0");
}

TEST(LowLatencyTrack, PartsThatAreNoLongerListedAreMissed)
{
    LowLatencyTrack track("/v.m3u8");
    join(track, playlist(9));
    ASSERT_TRUE(reload(track,
                       "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.2\n"
                       "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-MEDIA-SEQUENCE:9\n"
                       "#EXT-X-PART:DURATION=0.2,URI=\"x\"\n"));
    EXPECT_EQ(track.missed(), 1U);
}

TEST(LowLatencyTrack, ANewInitialisationSectionIsFetched)
{
    LowLatencyTrack track("/v.m3u8");
    join(track, playlist(9));
    ASSERT_TRUE(reload(track, playlist(9, true) + "#EXT-X-MAP:URI=\"s/v/2/init.mp4\"\n"
                                                  "#EXT-X-PART:DURATION=0.2,URI=\"x\"\n"));
    EXPECT_EQ(track.next(0).path, "/s/v/2/init.mp4");
}

TEST(LowLatencyTrack, AStreamThatHasJustBegunIsPlayedWhenThereIsEnough)
{
    LowLatencyTrack track("/v.m3u8");
    track.next(0);
    ASSERT_TRUE(take(track, playlist(2)));
    track.next(0);
    ASSERT_TRUE(take(track, "init"));
    ASSERT_TRUE(part(track, 0));
    ASSERT_TRUE(part(track, 0));
    EXPECT_FALSE(track.playing());
    ASSERT_TRUE(reload(track, playlist(3)));
    ASSERT_TRUE(part(track, 100 * kMs));
    EXPECT_TRUE(track.playing());
    EXPECT_EQ(track.stalls(700 * kMs), 0U);
    EXPECT_EQ(track.stalls(701 * kMs), 1U);
}

TEST(LowLatencyTrack, RunsDryWhenPartsComeTooLate)
{
    LowLatencyTrack track("/v.m3u8");
    join(track, playlist(8));
    EXPECT_EQ(track.stalls(600 * kMs), 0U);
    EXPECT_EQ(track.stalls(601 * kMs), 1U);

    ASSERT_TRUE(reload(track, playlist(9)));
    ASSERT_TRUE(part(track, 590 * kMs));
    EXPECT_EQ(track.stalls(800 * kMs), 0U);

    ASSERT_TRUE(reload(track, playlist(10)));
    ASSERT_TRUE(part(track, 900 * kMs));
    EXPECT_EQ(track.stalls(1100 * kMs), 1U);
    EXPECT_EQ(track.stalls(1101 * kMs), 2U);
}

TEST(LowLatencyTrack, WhatIsNotLowLatencyOrEndedIsAnError)
{
    LowLatencyTrack track("/v.m3u8");
    track.next(0);
    EXPECT_FALSE(take(track, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n"));
    EXPECT_FALSE(take(track, playlist(0)));
    join(track, playlist(9));
    EXPECT_FALSE(reload(track, playlist(10) + "#EXT-X-ENDLIST\n"));
    ASSERT_TRUE(reload(track, playlist(10)));
    track.next(0);
    EXPECT_FALSE(track.take(View(kPart).first(8), 0));
}

}  // namespace
}  // namespace sluice::bench
