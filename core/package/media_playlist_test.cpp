#include "media_playlist.hpp"

#include "test_window.hpp"

namespace sluice::package {
namespace {

using test::kWall;

class WindowPlaylistTest : public test::WindowTest {
protected:
    std::string text(Lane kind, bool ended = false) const
    {
        const auto playlist = media_playlist(*window_, kind, ended);
        return playlist ? hls::render(*playlist) : "none";
    }
};

TEST_F(WindowPlaylistTest, NothingIsThereBeforeTheFirstPart)
{
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        EXPECT_FALSE(media_playlist(*window_, kind, false));
        EXPECT_FALSE(media_playlist(*window_, kind, true));
    }
    add(Lane::video, 0, 0, false);
    EXPECT_FALSE(media_playlist(*window_, Lane::video, false));
    EXPECT_FALSE(media_playlist(*std::make_unique<Window>(), Lane::video, false));
}

TEST_F(WindowPlaylistTest, AVideoLaneIsListedInPartsNearItsEnd)
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

TEST_F(WindowPlaylistTest, AnAudioLaneReportsTheVideo)
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

TEST_F(WindowPlaylistTest, ASegmentThatIsAsLongAsTheOneBeforeHintsAtTheNext)
{
    add(Lane::video, 0);
    add(Lane::video, 2, 2, false);
    EXPECT_NE(text(Lane::video).find("TYPE=PART,URI=\"50/52.0.m4s\"\n"), std::string::npos);
    last(Lane::video).duration -= 1;
    EXPECT_NE(text(Lane::video).find("TYPE=PART,URI=\"50/51.2.m4s\"\n"), std::string::npos);
}

TEST_F(WindowPlaylistTest, MpegTsIsListedWhenASegmentIsComplete)
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

TEST_F(WindowPlaylistTest, SoundAloneLiesInItsOwnFolder)
{
    newest().video = newest().transport_video = {};
    add(Lane::transport, 0);
    EXPECT_NE(text(Lane::transport).find("\ns/a/50/50.ts\n"), std::string::npos);
}

TEST_F(WindowPlaylistTest, WhatEndedHasAnEndAndTheRest)
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

TEST_F(WindowPlaylistTest, ASecondPeriodIsBehindADiscontinuityUntilTheFirstLeaves)
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

TEST_F(WindowPlaylistTest, AnOpenSegmentOfANewPeriodIsBehindItsDiscontinuity)
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

TEST_F(WindowPlaylistTest, GapsAreSaid)
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

TEST_F(WindowPlaylistTest, ASegmentThatBecameTooLongSaysWhatWasPromised)
{
    for (int i = 0; i < 3; ++i) add(Lane::video, i * 2);
    window_->of(Lane::video).at(51).duration = 3 * 90'000;
    EXPECT_NE(text(Lane::video).find("#EXTINF:2.499999,\n50/51.m4s\n"), std::string::npos);
}

TEST_F(WindowPlaylistTest, ThreeTargetDurationsAreListedHoweverShortTheSegments)
{
    for (int i = 0; i < 9; ++i) add(Lane::video, i, 1);
    EXPECT_EQ(media_playlist(*window_, Lane::video, false)->segments.size(), 6U);
}

TEST_F(WindowPlaylistTest, PartsThatTheWindowForgotAreNotListed)
{
    for (int i = 0; i < 2; ++i) add(Lane::video, i * 2);
    window_->of(Lane::video).parts += kMaxParts - 3;
    const auto playlist = media_playlist(*window_, Lane::video, false);
    ASSERT_EQ(playlist->segments.size(), 2U);
    EXPECT_EQ(playlist->segments[0].parts.size(), 0U);
    EXPECT_EQ(playlist->segments[1].parts.size(), 2U);
}

}  // namespace
}  // namespace sluice::package
