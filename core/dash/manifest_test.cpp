#include "manifest.hpp"

#include <gtest/gtest.h>

namespace sluice::dash {
namespace {

Manifest live()
{
    const Representation video{.id = "v",
                               .video = true,
                               .codecs = "avc1.640028",
                               .bandwidth_bps = 2'000'000,
                               .timescale = 90'000,
                               .width = 1920,
                               .height = 1080,
                               .frame_rate = "30000/1001",
                               .initialization = "s/v/1/init.mp4",
                               .media = "s/v/1/$Number$.m4s",
                               .start_number = 100,
                               .time_offset = 900,
                               .timeline = {{900, 180'000, 3}, {540'900, 90'000}}};
    const Representation audio{.id = "a",
                               .codecs = "mp4a.40.2",
                               .bandwidth_bps = 128'000,
                               .timescale = 48'000,
                               .sample_rate = 48'000,
                               .channels = 2,
                               .initialization = "s/a/1/init.mp4",
                               .media = "s/a/1/$Number$.m4s",
                               .start_number = 100,
                               .timeline = {{0, 96'256}}};
    return {.availability_start_ms = 1'795'000'000'250,
            .publish_ms = 1'795'000'010'000,
            .update_ms = 2000,
            .depth_ms = 10'000,
            .delay_ms = 6000,
            .segment_ms = 2000,
            .clock_ms = 1'795'000'000'250,
            .periods = {{.id = "1", .representations = {video, audio}}}};
}

TEST(ManifestTest, ALiveOne)
{
    EXPECT_EQ(render(live()), R"(<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" type="dynamic" availabilityStartTime="2026-11-18T11:06:40.250Z" publishTime="2026-11-18T11:06:50.000Z" minimumUpdatePeriod="PT2.000S" timeShiftBufferDepth="PT10.000S" suggestedPresentationDelay="PT6.000S" minBufferTime="PT2.000S" maxSegmentDuration="PT2.000S">
<Period id="1" start="PT0.000S">
<AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="v" codecs="avc1.640028" bandwidth="2000000" width="1920" height="1080" frameRate="30000/1001">
<SegmentTemplate timescale="90000" presentationTimeOffset="900" initialization="s/v/1/init.mp4" media="s/v/1/$Number$.m4s" startNumber="100">
<SegmentTimeline>
<S t="900" d="180000" r="2"/>
<S t="540900" d="90000"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
<AdaptationSet contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="a" codecs="mp4a.40.2" bandwidth="128000" audioSamplingRate="48000">
<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
<SegmentTemplate timescale="48000" initialization="s/a/1/init.mp4" media="s/a/1/$Number$.m4s" startNumber="100">
<SegmentTimeline>
<S t="0" d="96256"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
</Period>
<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-11-18T11:06:40.250Z"/>
</MPD>
)");
}

TEST(ManifestTest, AnEndedOneIsStatic)
{
    auto manifest = live();
    manifest.ended_ms = 12'345;
    const auto text = render(manifest);
    EXPECT_NE(text.find("type=\"static\" mediaPresentationDuration=\"PT12.345S\""),
              std::string::npos);
    EXPECT_EQ(text.find("dynamic"), std::string::npos);
    EXPECT_EQ(text.find("UTCTiming"), std::string::npos);
}

TEST(ManifestTest, SoundAloneHasNoPictureSet)
{
    auto manifest = live();
    manifest.periods[0].representations.erase(manifest.periods[0].representations.begin());
    EXPECT_EQ(render(manifest).find("video"), std::string::npos);
}

TEST(ManifestTest, NothingIsPromisedOfSegmentsThatWereCutWithoutAKeyFrame)
{
    auto cut = live();
    cut.periods[0].representations[0].independent = false;
    const auto text = render(cut);
    const auto sound = text.find("contentType=\"audio\"");
    EXPECT_EQ(text.find("startWithSAP"), text.find("startWithSAP", sound)) << text;
    EXPECT_NE(text.find("startWithSAP", sound), std::string::npos) << text;
}

}  // namespace
}  // namespace sluice::dash
