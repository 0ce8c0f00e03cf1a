#include "manifest.hpp"

#include "test_window.hpp"

namespace sluice::package {
namespace {

using test::kWall;
using WindowManifestTest = test::WindowTest;

TEST_F(WindowManifestTest, NothingIsThereBeforeTheFirstSegment)
{
    EXPECT_FALSE(manifest(*window_, false, kWall));
    EXPECT_FALSE(manifest(*window_, true, kWall));
}

TEST_F(WindowManifestTest, AManifestHasItsPeriodsAndWhereTheirTimesBegin)
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

TEST_F(WindowManifestTest, AManifestThatEndedIsStaticAndAsLongAsWhatIsThere)
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

TEST_F(WindowManifestTest, AManifestWaitsForAllTracksOfANewPeriod)
{
    add_all(0);
    begin_period(60, 900'000, kWall + 2000);
    add(Lane::video, 0);
    EXPECT_EQ(manifest(*window_, false, kWall)->periods.size(), 1U);
    add(Lane::audio, 0);
    EXPECT_EQ(manifest(*window_, false, kWall)->periods.size(), 2U);
}

TEST_F(WindowManifestTest, AManifestOfAWallClockThatWasSetBackHasNoTimesBelowZero)
{
    add_all(0);
    begin_period(60, 900'000, kWall - 5000);
    add_all(0);
    const auto mpd = dash::render(*manifest(*window_, false, kWall));
    EXPECT_NE(mpd.find("<Period id=\"60\" start=\"PT0.000S\">"), std::string::npos) << mpd;
    EXPECT_EQ(mpd.find("PT-"), std::string::npos);
}

TEST_F(WindowManifestTest, OfPicturesWithoutARateNoneIsSaid)
{
    newest().video.frame = 0;
    add_all(0);
    EXPECT_EQ(dash::render(*manifest(*window_, false, kWall)).find("frameRate"), std::string::npos);
}

}  // namespace
}  // namespace sluice::package
