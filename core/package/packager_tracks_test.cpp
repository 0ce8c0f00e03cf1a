#include <gtest/gtest.h>

#include "numbering.hpp"
#include "packager.hpp"
#include "test_stream.hpp"

namespace sluice::package {
namespace {

/// Tracks that come, go and change.
class PackagerTracksTest : public test::StreamTest {
protected:
    std::uint64_t gaps(Lane kind) const
    {
        const auto now = window();
        const auto& lane = now->of(kind);
        std::uint64_t count = 0;
        for (auto i = lane.first; i < lane.end; ++i) count += lane.at(i).gap ? 1 : 0;
        return count;
    }
};

TEST_F(PackagerTracksTest, SoundAloneBeginsOnceItIsClearThatNoPictureComes)
{
    publisher_.picture = nullptr;
    publisher_.begin();
    publisher_.play_to(0.45);
    EXPECT_EQ(window()->end_period, 0U);
    publisher_.play_to(9);
    const auto now = window();
    EXPECT_EQ(now->end_period, 1U);
    EXPECT_TRUE(now->of(Lane::video).empty());
    EXPECT_EQ(now->period_at(0).video.timescale, 0U);
    EXPECT_EQ(now->period_at(0).audio.timescale, 48'000U);
    EXPECT_EQ(now->period_at(0).transport_audio.timescale, 48'000U);
    for (const auto kind : {Lane::audio, Lane::transport}) {
        ASSERT_GE(test::durations(*now, kind).size(), 3U);
        for (const auto seconds : test::durations(*now, kind)) EXPECT_NEAR(seconds, 2, 0.05);
    }
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, PicturesAloneWaitForAKeyFrame)
{
    publisher_.sound = nullptr;
    publisher_.begin();
    publisher_.skip_to(0.5);
    publisher_.play_to(1.9);
    EXPECT_EQ(window()->end_period, 0U);
    publisher_.play_to(9);
    const auto now = window();
    EXPECT_TRUE(now->of(Lane::audio).empty());
    EXPECT_TRUE(now->of(Lane::video).at(now->of(Lane::video).first).independent);
    EXPECT_EQ(test::durations(*now, Lane::video).size(), 3U);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, SoundThatComesLateBeginsOnePeriodAtTheNextKeyFrame)
{
    publisher_.sound = nullptr;
    publisher_.begin();
    publisher_.play_to(5);
    publisher_.change_sound(&test::aac());
    publisher_.play_to(30);
    const auto now = window();
    EXPECT_EQ(now->end_period, 2U);
    const auto& second = now->period_at(1);
    EXPECT_EQ(second.start, (5 + 6) * 90'000) << "at the key frame";
    const auto& video = now->of(Lane::video);
    EXPECT_EQ(now->of(Lane::audio).end, video.end);
    EXPECT_EQ(gaps(Lane::video), 0U);
    for (auto i = video.first + 1; i < video.end; ++i) {
        EXPECT_EQ(video.at(i).time, video.at(i - 1).time + video.at(i - 1).duration);
    }
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, AHeaderOfThePictureThatChangesBeginsAPeriodAtItsKeyFrame)
{
    publisher_.begin();
    publisher_.play_to(21);
    publisher_.change_picture(&test::another_h264());
    publisher_.play_to(31);
    const auto now = window();
    EXPECT_EQ(now->end_period, 2U);
    EXPECT_EQ(now->period_at(0).video.width, 1280U);
    EXPECT_EQ(now->period_at(1).video.width, 640U);
    EXPECT_EQ(now->period_at(1).start, (5 + 22) * 90'000);
    EXPECT_NE(now->period_at(0).id, now->period_at(1).id);
    for (const auto& period : {now->period_at(0), now->period_at(1)}) {
        const auto init = test::read_file(init_path(root_, "demo", period.id, Lane::video));
        EXPECT_EQ(fmp4::BoxTree(init).broken, "");
        EXPECT_FALSE(init.empty());
    }
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, AHeaderOfTheSoundThatChangesWaitsForTheNextKeyFrame)
{
    publisher_.begin();
    publisher_.play_to(20.5);
    publisher_.change_sound(&test::another_aac());
    publisher_.play_to(31);
    const auto now = window();
    EXPECT_EQ(now->end_period, 2U);
    EXPECT_EQ(now->period_at(1).start, (5 + 22) * 90'000);
    EXPECT_EQ(now->period_at(1).audio.timescale, 44'100U);
    EXPECT_EQ(now->of(Lane::audio).end, now->of(Lane::video).end);
    EXPECT_EQ(gaps(Lane::audio), 0U);
    EXPECT_EQ(broken(), "");
    const auto mpd = manifest(*now, false, test::Publisher::kBegin + 31'000);
    ASSERT_TRUE(mpd);
    EXPECT_EQ(mpd->periods.size(), 2U);
}

TEST_F(PackagerTracksTest, AHeaderThatRepeatsChangesNothing)
{
    publisher_.begin();
    for (int i = 0; i < 10; ++i) {
        publisher_.play(1);
        publisher_.change_picture(publisher_.picture);
        publisher_.change_sound(publisher_.sound);
    }
    EXPECT_EQ(window()->end_period, 1U);
}

TEST_F(PackagerTracksTest, SoundThatStopsLeavesGapsAndComesBack)
{
    publisher_.begin();
    publisher_.play_to(9);
    publisher_.sound = nullptr;
    publisher_.play_to(21);
    EXPECT_GE(gaps(Lane::audio), 4U);
    {
        const auto now = window();
        EXPECT_GE(now->of(Lane::audio).end + 1, now->of(Lane::video).end);
        const auto playlist = media_playlist(*now, Lane::audio, false);
        ASSERT_TRUE(playlist);
        EXPECT_TRUE(playlist->segments.back().gap);
        EXPECT_NEAR(playlist->segments.back().duration_us, 2e6, 100);
    }
    publisher_.sound = &test::aac();
    publisher_.play_to(31);
    const auto now = window();
    EXPECT_EQ(now->end_period, 1U);
    EXPECT_EQ(now->of(Lane::audio).end, now->of(Lane::video).end);
    EXPECT_FALSE(now->of(Lane::audio).at(now->of(Lane::audio).end - 1).gap);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, APictureThatStopsLeavesGapsAndComesBack)
{
    publisher_.begin();
    publisher_.play_to(9);
    publisher_.picture = nullptr;
    for (int i = 0; i < 12; ++i) {
        publisher_.play(1);
        ASSERT_EQ(broken(), "") << i;
    }
    EXPECT_GE(gaps(Lane::video), 2U);
    EXPECT_GE(window()->of(Lane::audio).end, first_sequence(test::Publisher::kBegin) + 9);
    publisher_.picture = &test::h264();
    publisher_.play(11);
    const auto now = window();
    EXPECT_EQ(now->end_period, 1U);
    const auto& video = now->of(Lane::video);
    EXPECT_FALSE(video.at(video.end - 1).gap);
    EXPECT_EQ(now->of(Lane::audio).end, video.end);
    for (auto i = video.end - 4; i < video.end; ++i) {
        EXPECT_NEAR(test::date_error_ms(*now, Lane::video, video.at(i), test::Publisher::kBegin), 0,
                    50);
    }
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, APeriodThatEndsBeforeTheSoundHasBegunItsSegmentKeepsBothInStep)
{
    publisher_.begin();
    publisher_.play_to(10);
    // A picture begins the sixth segment, and that was all.
    publisher_.send(flv::TagType::video, test::video_frame(test::h264(), true, 0),
                    test::Publisher::dts_ms(10));
    ASSERT_LT(window()->of(Lane::audio).end, window()->of(Lane::video).end);
    publisher_.end();
    publisher_.begin();
    publisher_.play_to(15);
    const auto now = window();
    const auto first = first_sequence(test::Publisher::kBegin);
    EXPECT_EQ(now->of(Lane::audio).first, first) << "nothing is forgotten";
    EXPECT_EQ(now->of(Lane::audio).end, now->of(Lane::video).end);
    EXPECT_TRUE(now->of(Lane::audio).at(first + 5).gap);
    EXPECT_EQ(now->of(Lane::audio).at(first + 5).period, 0U);
    EXPECT_EQ(now->of(Lane::audio).at(first + 6).period, 1U);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, HevcIsInAllFormats)
{
    publisher_.picture = &test::hevc();
    publisher_.begin();
    publisher_.play_to(9);
    const auto now = window();
    EXPECT_STREQ(now->period_at(0).video.codecs, "hvc1.1.6.L120.90");
    EXPECT_STREQ(now->period_at(0).transport_video.codecs, "hvc1.1.6.L120.90");
    EXPECT_FALSE(now->of(Lane::transport).empty());
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, Av1AndOpusHaveNoTransportStream)
{
    publisher_.picture = &test::av1();
    publisher_.sound = &test::opus();
    publisher_.begin();
    publisher_.play_to(9);
    const auto now = window();
    EXPECT_STREQ(now->period_at(0).video.codecs, "av01.0.01M.08");
    EXPECT_STREQ(now->period_at(0).audio.codecs, "opus");
    EXPECT_TRUE(now->of(Lane::transport).empty());
    EXPECT_EQ(now->period_at(0).transport_video.timescale, 0U);
    EXPECT_EQ(now->of(Lane::audio).end, now->of(Lane::video).end);
    EXPECT_EQ(broken(), "");
    publisher_.change_picture(&test::h264());
    publisher_.play(6);
    EXPECT_FALSE(window()->of(Lane::transport).empty()) << "the picture alone";
    EXPECT_EQ(window()->period_at(1).transport_audio.timescale, 0U);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, Mp3IsInMpegTsAlone)
{
    publisher_.picture = nullptr;
    publisher_.sound = nullptr;
    publisher_.begin();
    for (int i = 0; i < 400; ++i) {
        publisher_.time_s = i * 1152.0 / 44'100;
        publisher_.send(flv::TagType::audio, test::mp3_frame());
    }
    const auto now = window();
    EXPECT_EQ(now->period_at(0).audio.timescale, 0U);
    EXPECT_STREQ(now->period_at(0).transport_audio.codecs, "mp4a.6B");
    EXPECT_TRUE(now->of(Lane::audio).empty());
    EXPECT_GE(test::durations(*now, Lane::transport).size(), 4U);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTracksTest, AStreamThatChangesAllTheTimeKeepsTheNewest)
{
    publisher_.key_every_s = 0.04;
    publisher_.begin();
    for (int i = 0; i < 100; ++i) {
        publisher_.change_picture(i % 2 == 0 ? &test::another_h264() : &test::h264());
        publisher_.play(0.08);
        const auto now = window();
        ASSERT_LT(now->end_period - now->first_period, kMaxPeriods);
        ASSERT_EQ(broken(), "") << i;
    }
    EXPECT_GE(window()->end_period, 100U);
    EXPECT_LE(test::count_files(root_), 5U * kMaxPeriods);
}

}  // namespace
}  // namespace sluice::package
