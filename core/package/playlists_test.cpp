#include "playlists.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace sluice::package {
namespace {

constexpr std::int64_t kWall = 1'795'000'000'250;  // 2026-11-18T11:06:40.250Z

/// Builds a live window by hand: segments of two seconds in parts of one.
class PlaylistsTest : public testing::Test {
protected:
    PlaylistsTest()
    {
        window_->list_size = 3;
        window_->target_s = 2;
        window_->transport_target_s = 2;
        window_->availability_start_ms = kWall;
        window_->hls = window_->cmaf = true;
        begin_period(50, 450'000, kWall);
        for (auto& lane : window_->lane) lane.first = lane.end = 50;
    }

    void begin_period(std::uint64_t id, std::int64_t start, std::int64_t wall_ms)
    {
        const auto number = window_->end_period++;
        auto& period = window_->period_at(number);
        period = {.id = id, .number = number, .start = start, .wall_ms = wall_ms};
        period.video = {.timescale = 90'000,
                        .part_target_us = 1'000'000,
                        .frame = 3003,
                        .width = 1280,
                        .height = 720,
                        .codecs = "avc1.4d401f"};
        period.audio = {.timescale = 48'000,
                        .part_target_us = 981'334,
                        .frame = 1024,
                        .sample_rate = 48'000,
                        .channels = 2,
                        .codecs = "mp4a.40.2"};
        period.transport_video = period.video;
        period.transport_audio = period.audio;
    }

    Period& newest() { return window_->period_at(window_->end_period - 1); }
    SegmentEntry& last(Lane kind) { return window_->of(kind).at(window_->of(kind).end - 1); }

    /// `seconds`: since the beginning of the newest period; `parts` of one second each.
    SegmentEntry& add(Lane kind, std::int64_t seconds, std::uint32_t parts = 2,
                      bool complete = true)
    {
        auto& lane = window_->of(kind);
        const std::int64_t rate = timescale_of(newest(), kind);
        auto& segment = lane.at(lane.end);
        segment = {.sequence = lane.end,
                   .time = newest().start * rate / 90'000 + seconds * rate,
                   .duration = parts * rate,
                   .first_part = lane.parts,
                   .parts = kind == Lane::transport ? 0 : parts,
                   .bytes = parts * 1000,
                   .period = newest().number,
                   .independent = true,
                   .complete = complete};
        for (std::uint32_t i = 0; i < segment.parts; ++i) {
            lane.part[lane.parts++ % kMaxParts] = {
                .offset = i * 1000, .bytes = 1000, .duration_us = 1'000'000, .independent = i == 0};
        }
        if (complete) {
            lane.total_bytes += segment.bytes;
            lane.total_us += parts * 1'000'000ULL;
            lane.peak_bps = std::max<std::uint64_t>(lane.peak_bps, 8000);
        }
        ++lane.end;
        return segment;
    }

    void add_all(std::int64_t seconds)
    {
        for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) add(kind, seconds);
    }

    std::string text(Lane kind, bool ended = false) const
    {
        const auto playlist = media_playlist(*window_, kind, ended);
        return playlist ? hls::render(*playlist) : "none";
    }

    std::unique_ptr<Window> window_ = std::make_unique<Window>();
};

TEST_F(PlaylistsTest, NothingIsThereBeforeTheFirstPart)
{
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        EXPECT_FALSE(media_playlist(*window_, kind, false));
        EXPECT_FALSE(media_playlist(*window_, kind, true));
    }
    EXPECT_FALSE(multivariant(*window_));
    EXPECT_FALSE(manifest(*window_, false, kWall));
    EXPECT_FALSE(manifest(*window_, true, kWall));
    add(Lane::video, 0, 0, false);
    EXPECT_FALSE(media_playlist(*window_, Lane::video, false));
    EXPECT_FALSE(media_playlist(*std::make_unique<Window>(), Lane::video, false));
    EXPECT_FALSE(multivariant(*std::make_unique<Window>()));
}

TEST_F(PlaylistsTest, AVideoLaneIsListedInPartsNearItsEnd)
{
    for (int i = 0; i < 5; ++i) add_all(i * 2);
    add(Lane::video, 10, 1, false);
    add(Lane::audio, 10, 0, false);
    EXPECT_EQ(text(Lane::video), R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,HOLD-BACK=6.000000,PART-HOLD-BACK=3.000000
#EXT-X-PART-INF:PART-TARGET=1.000000
#EXT-X-MEDIA-SEQUENCE:52
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="50/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:44.250Z
#EXTINF:2.000000,
50/52.m4s
#EXT-X-PART:DURATION=1.000000,URI="50/53.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000000,URI="50/53.1.m4s"
#EXTINF:2.000000,
50/53.m4s
#EXT-X-PART:DURATION=1.000000,URI="50/54.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000000,URI="50/54.1.m4s"
#EXTINF:2.000000,
50/54.m4s
#EXT-X-PART:DURATION=1.000000,URI="50/55.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="50/55.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../a/index.m3u8",LAST-MSN=54,LAST-PART=1
)");
}

TEST_F(PlaylistsTest, AnAudioLaneReportsTheVideo)
{
    for (int i = 0; i < 3; ++i) add_all(i * 2);
    add(Lane::video, 6, 2, false);
    add(Lane::audio, 6, 1, false);
    const auto playlist = text(Lane::audio);
    EXPECT_TRUE(playlist.ends_with(R"(50/52.m4s
#EXT-X-PART:DURATION=1.000000,URI="50/53.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="50/53.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../v/index.m3u8",LAST-MSN=53,LAST-PART=1
)")) << playlist;
    EXPECT_NE(playlist.find("PART-TARGET=0.981334\n"), std::string::npos);
}

TEST_F(PlaylistsTest, ASegmentThatIsAsLongAsTheOneBeforeHintsAtTheNext)
{
    add(Lane::video, 0);
    add(Lane::video, 2, 2, false);
    EXPECT_NE(text(Lane::video).find("TYPE=PART,URI=\"50/52.0.m4s\"\n"), std::string::npos);
    last(Lane::video).duration -= 1;
    EXPECT_NE(text(Lane::video).find("TYPE=PART,URI=\"50/51.2.m4s\"\n"), std::string::npos);
}

TEST_F(PlaylistsTest, MpegTsIsListedWhenASegmentIsComplete)
{
    for (int i = 0; i < 4; ++i) add(Lane::transport, i * 2);
    add(Lane::transport, 8, 1, false);
    EXPECT_EQ(text(Lane::transport), R"(#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:51
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:42.250Z
#EXTINF:2.000000,
s/v/50/51.ts
#EXTINF:2.000000,
s/v/50/52.ts
#EXTINF:2.000000,
s/v/50/53.ts
)");
    window_->transport_target_s = 0;
    EXPECT_EQ(text(Lane::transport), "none") << "its target is not known yet";
}

TEST_F(PlaylistsTest, SoundAloneLiesInItsOwnFolder)
{
    newest().video = newest().transport_video = {};
    add(Lane::transport, 0);
    EXPECT_NE(text(Lane::transport).find("\ns/a/50/50.ts\n"), std::string::npos);
}

TEST_F(PlaylistsTest, WhatEndedHasAnEndAndTheRest)
{
    for (int i = 0; i < 3; ++i) add(Lane::video, i * 2);
    add(Lane::video, 6, 1, false);
    const auto playlist = text(Lane::video, true);
    EXPECT_TRUE(playlist.ends_with("#EXTINF:1.000000,\n50/53.m4s\n#EXT-X-ENDLIST\n")) << playlist;
    EXPECT_EQ(playlist.find("#EXT-X-PART:"), std::string::npos);
    EXPECT_EQ(playlist.find("HINT"), std::string::npos);
    last(Lane::video).bytes = 0;
    EXPECT_TRUE(text(Lane::video, true).ends_with("50/52.m4s\n#EXT-X-ENDLIST\n"));
}

TEST_F(PlaylistsTest, ASecondPeriodIsBehindADiscontinuityUntilTheFirstLeaves)
{
    for (int i = 0; i < 2; ++i) add_all(i * 2);
    begin_period(60, 900'000, kWall + 4500);
    add_all(0);
    add(Lane::video, 2, 1, false);
    EXPECT_EQ(text(Lane::video), R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000000,HOLD-BACK=6.000000,PART-HOLD-BACK=3.000000
#EXT-X-PART-INF:PART-TARGET=1.000000
#EXT-X-MEDIA-SEQUENCE:50
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="50/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.250Z
#EXTINF:2.000000,
50/50.m4s
#EXT-X-PART:DURATION=1.000000,URI="50/51.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000000,URI="50/51.1.m4s"
#EXTINF:2.000000,
50/51.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="60/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:44.750Z
#EXT-X-PART:DURATION=1.000000,URI="60/52.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.000000,URI="60/52.1.m4s"
#EXTINF:2.000000,
60/52.m4s
#EXT-X-PART:DURATION=1.000000,URI="60/53.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="60/53.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../a/index.m3u8",LAST-MSN=52,LAST-PART=1
)");
    last(Lane::video).complete = true;
    add(Lane::video, 4, 2, true);
    add(Lane::video, 6, 2, true);
    const auto later = text(Lane::video);
    EXPECT_NE(later.find("#EXT-X-MEDIA-SEQUENCE:52\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"),
              std::string::npos)
        << later;
    EXPECT_EQ(later.find("#EXT-X-DISCONTINUITY\n"), std::string::npos);
}

TEST_F(PlaylistsTest, AnOpenSegmentOfANewPeriodIsBehindItsDiscontinuity)
{
    add(Lane::video, 0);
    begin_period(60, 900'000, kWall + 4500);
    add(Lane::video, 0, 1, false);
    EXPECT_NE(text(Lane::video).find(R"(50/50.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="60/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:44.750Z
#EXT-X-PART:DURATION=1.000000,URI="60/51.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT)"),
              std::string::npos)
        << text(Lane::video);
}

TEST_F(PlaylistsTest, GapsAreSaid)
{
    for (int i = 0; i < 3; ++i) add(Lane::video, i * 2);
    auto& gap = window_->of(Lane::video).at(51);
    gap.gap = true;
    gap.parts = 0;
    const auto playlist = text(Lane::video);
    EXPECT_NE(playlist.find("50/50.m4s\n#EXT-X-GAP\n#EXTINF:2.000000,\n50/51.m4s\n"),
              std::string::npos)
        << playlist;
}

TEST_F(PlaylistsTest, ASegmentThatBecameTooLongSaysWhatWasPromised)
{
    for (int i = 0; i < 3; ++i) add(Lane::video, i * 2);
    window_->of(Lane::video).at(51).duration = 3 * 90'000;
    EXPECT_NE(text(Lane::video).find("#EXTINF:2.499999,\n50/51.m4s\n"), std::string::npos);
}

TEST_F(PlaylistsTest, ThreeTargetDurationsAreListedHoweverShortTheSegments)
{
    for (int i = 0; i < 9; ++i) add(Lane::video, i, 1);
    EXPECT_EQ(media_playlist(*window_, Lane::video, false)->segments.size(), 6U);
}

TEST_F(PlaylistsTest, PartsThatTheWindowForgotAreNotListed)
{
    for (int i = 0; i < 2; ++i) add(Lane::video, i * 2);
    window_->of(Lane::video).parts += kMaxParts - 3;
    const auto playlist = media_playlist(*window_, Lane::video, false);
    ASSERT_EQ(playlist->segments.size(), 2U);
    EXPECT_EQ(playlist->segments[0].parts.size(), 0U);
    EXPECT_EQ(playlist->segments[1].parts.size(), 2U);
}

TEST_F(PlaylistsTest, VariantsOverCmafHaveTheSoundApart)
{
    add_all(0);
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="s/a/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=16000,AVERAGE-BANDWIDTH=16000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"
s/v/index.m3u8
)");
}

TEST_F(PlaylistsTest, VariantsOfSoundAloneAndOfMpegTsAlone)
{
    newest().video = newest().transport_video = {};
    add(Lane::audio, 0);
    add(Lane::transport, 0);
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.40.2"
s/a/index.m3u8
)");
    newest().audio = {};
    std::strcpy(newest().transport_audio.codecs, "mp4a.6B");
    EXPECT_EQ(hls::render(*multivariant(*window_)), R"(#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.6B"
live.m3u8
)");
    window_->transport_target_s = 0;
    EXPECT_FALSE(multivariant(*window_));
}

struct Rate {
    std::uint32_t frame;  ///< ticks of 90 kHz
    const char* hls;
    const char* dash;
};

class FrameRates : public PlaylistsTest, public testing::WithParamInterface<Rate> {};

TEST_P(FrameRates, AreThoseThatAreMeant)
{
    newest().video.frame = GetParam().frame;
    add_all(0);
    const auto variants = hls::render(*multivariant(*window_));
    const auto mpd = dash::render(*manifest(*window_, false, kWall));
    const auto said = [](const std::string& text, std::string_view name, char end) {
        const auto at = text.find(name);
        if (at == std::string::npos) return std::string("none");
        const auto from = at + name.size();
        return text.substr(from, text.find(end, from) - from);
    };
    EXPECT_EQ(said(variants, "FRAME-RATE=", ','), GetParam().hls);
    EXPECT_EQ(said(mpd, "frameRate=\"", '"'), GetParam().dash);
}

INSTANTIATE_TEST_SUITE_P(
    PlaylistsTest, FrameRates,
    testing::Values(Rate{3754, "23.976", "24000/1001"}, Rate{3753, "23.976", "24000/1001"},
                    Rate{3750, "24.000", "24"}, Rate{3600, "25.000", "25"},
                    Rate{3003, "29.970", "30000/1001"}, Rate{3000, "30.000", "30"},
                    Rate{1800, "50.000", "50"}, Rate{1501, "59.940", "60000/1001"},
                    Rate{1502, "59.940", "60000/1001"}, Rate{1500, "60.000", "60"},
                    Rate{90'000, "1.000", "1"}, Rate{900'000, "none", "none"},
                    Rate{0, "none", "none"}, Rate{1, "90000.000", "90000"}),
    [](const auto& test) { return "Ticks" + std::to_string(test.param.frame); });

TEST_F(PlaylistsTest, AManifestHasItsPeriodsAndWhereTheirTimesBegin)
{
    add_all(0);
    add_all(2);
    begin_period(60, 900'000, kWall + 4500);
    newest().audio = {};
    add(Lane::video, 0);
    EXPECT_EQ(dash::render(*manifest(*window_, false, kWall + 7000)),
              R"(<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" type="dynamic" availabilityStartTime="2026-11-18T11:06:40.250Z" publishTime="2026-11-18T11:06:47.250Z" minimumUpdatePeriod="PT1.000S" timeShiftBufferDepth="PT6.000S" suggestedPresentationDelay="PT4.000S" minBufferTime="PT2.000S" maxSegmentDuration="PT2.000S">
<Period id="50" start="PT0.000S">
<AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="v" codecs="avc1.4d401f" bandwidth="8000" width="1280" height="720" frameRate="30000/1001">
<SegmentTemplate timescale="90000" presentationTimeOffset="450000" initialization="s/v/50/init.mp4" media="s/v/50/$Number$.m4s" startNumber="50">
<SegmentTimeline>
<S t="450000" d="180000" r="1"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
<AdaptationSet contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="a" codecs="mp4a.40.2" bandwidth="8000" audioSamplingRate="48000">
<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
<SegmentTemplate timescale="48000" presentationTimeOffset="240000" initialization="s/a/50/init.mp4" media="s/a/50/$Number$.m4s" startNumber="50">
<SegmentTimeline>
<S t="240000" d="96000" r="1"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
</Period>
<Period id="60" start="PT4.500S">
<AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="v" codecs="avc1.4d401f" bandwidth="8000" width="1280" height="720" frameRate="30000/1001">
<SegmentTemplate timescale="90000" presentationTimeOffset="900000" initialization="s/v/60/init.mp4" media="s/v/60/$Number$.m4s" startNumber="52">
<SegmentTimeline>
<S t="900000" d="180000"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
</Period>
<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-11-18T11:06:47.250Z"/>
</MPD>
)");
}

TEST_F(PlaylistsTest, AManifestThatEndedIsStaticAndAsLongAsWhatIsThere)
{
    add_all(0);
    add_all(2);
    const auto ended = dash::render(*manifest(*window_, true, kWall + 60'000));
    EXPECT_NE(ended.find(" type=\"static\" mediaPresentationDuration=\"PT4.000S\""),
              std::string::npos)
        << ended;
    EXPECT_EQ(ended.find("UTCTiming"), std::string::npos);
    // A period that nothing came of does not count.
    begin_period(60, 900'000, kWall + 8000);
    EXPECT_EQ(manifest(*window_, true, kWall)->ended_ms, 4000);
    newest().video = {};
    EXPECT_EQ(manifest(*window_, true, kWall)->ended_ms, 4000);
}

TEST_F(PlaylistsTest, AManifestWaitsForAllTracksOfANewPeriod)
{
    add_all(0);
    begin_period(60, 900'000, kWall + 2000);
    add(Lane::video, 0);
    EXPECT_EQ(manifest(*window_, false, kWall)->periods.size(), 1U);
    add(Lane::audio, 0);
    EXPECT_EQ(manifest(*window_, false, kWall)->periods.size(), 2U);
}

TEST_F(PlaylistsTest, AManifestOfAWallClockThatWasSetBackHasNoTimesBelowZero)
{
    add_all(0);
    begin_period(60, 900'000, kWall - 5000);
    add_all(0);
    const auto mpd = dash::render(*manifest(*window_, false, kWall));
    EXPECT_NE(mpd.find("<Period id=\"60\" start=\"PT0.000S\">"), std::string::npos) << mpd;
    EXPECT_EQ(mpd.find("PT-"), std::string::npos);
}

}  // namespace
}  // namespace sluice::package
