#include "packager.hpp"

#include <gtest/gtest.h>

#include "numbering.hpp"
#include "test_stream.hpp"

namespace sluice::package {
namespace {

using test::Publisher;

class PackagerTest : public test::StreamTest {};

TEST_F(PackagerTest, KeyFramesEveryTargetMakeSegmentsOfThatLengthInAllLanes)
{
    publisher_.begin();
    publisher_.play_to(11);
    const auto now = window();
    const auto first = first_sequence(Publisher::kBegin);
    EXPECT_EQ(now->target_s, 2U);
    EXPECT_EQ(now->transport_target_s, 2U);
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        SCOPED_TRACE(static_cast<int>(kind));
        const auto& lane = now->of(kind);
        EXPECT_EQ(lane.first, first);
        EXPECT_EQ(lane.end, first + 6);
        for (const auto seconds : test::durations(*now, kind)) EXPECT_NEAR(seconds, 2, 0.022);
        EXPECT_FALSE(lane.at(lane.end - 1).complete);
    }
    EXPECT_EQ(now->next_sequence, first + 6);
    EXPECT_EQ(now->of(Lane::video).at(first).parts, 10U);
    EXPECT_EQ(broken(), "");
    EXPECT_TRUE(now->of(Lane::video).part_at(0).independent);
    EXPECT_FALSE(now->of(Lane::video).part_at(1).independent);
}

TEST_F(PackagerTest, OldSegmentsGoWithTheirFiles)
{
    publisher_.begin();
    publisher_.play_to(120);
    const auto now = window();
    // Five listed, three kept, one open; of three lanes; two initialisation segments.
    EXPECT_LE(test::count_files(root_), 3U * (5 + kKept + 1) + 2);
    EXPECT_EQ(now->of(Lane::video).end, first_sequence(Publisher::kBegin) + 60);
    EXPECT_EQ(broken(), "");
    for (int i = 1; i <= 8; ++i) {
        publisher_.change_picture(i % 2 == 1 ? &test::another_h264() : &test::h264());
        publisher_.play(4);
    }
    EXPECT_LE(test::count_files(root_), 3U * (5 + kKept + 1) + 2 * 6) << "of old periods too";
    EXPECT_EQ(broken(), "");
    publisher_.end();
    remove_files(root_, *window());
    EXPECT_TRUE(std::filesystem::is_empty(root_));
}

struct Shape {
    const char* name;
    double fps = 25;
    double key_every_s = 2;
    int b_frames = 0;
    const codec::samples::Video& picture = test::h264();
    bool metadata = false;
};

class SteadyStream : public PackagerTest, public testing::WithParamInterface<Shape> {};

TEST_P(SteadyStream, KeepsAllPromises)
{
    const auto& shape = GetParam();
    publisher_.fps = shape.fps;
    publisher_.key_every_s = shape.key_every_s;
    publisher_.b_frames = shape.b_frames;
    publisher_.picture = &shape.picture;
    publisher_.metadata = shape.metadata;
    publisher_.begin();
    // Before its rate is known, frames are only guessed; a new period knows it.
    publisher_.play_to(12);
    publisher_.change_sound(&test::another_aac());
    publisher_.play(10);
    for (int i = 0; i < 6; ++i) {
        publisher_.play(1.7);
        ASSERT_EQ(broken(), "") << publisher_.time_s;
    }
    const auto now = window();
    EXPECT_EQ(now->end_period - 1, 1U);
    for (const auto kind : {Lane::video, Lane::audio}) {
        const auto& lane = now->of(kind);
        for (auto i = lane.first; i < lane.end; ++i) {
            EXPECT_NEAR(test::date_error_ms(*now, kind, lane.at(i), Publisher::kBegin), 0, 300);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    PackagerTest, SteadyStream,
    testing::Values(
        Shape{.name = "TwoSeconds"}, Shape{.name = "TenSeconds", .key_every_s = 10},
        Shape{.name = "TenSecondsOfTelevision",
              .fps = 30000.0 / 1001,
              .key_every_s = 300 * 1001 / 30000.0},
        Shape{.name = "OneAndAHalfSeconds", .key_every_s = 1.52},
        Shape{.name = "ThreeSeconds", .key_every_s = 3},
        Shape{.name = "Film", .fps = 24000.0 / 1001, .picture = test::film()},
        Shape{.name = "FilmOfMetadata",
              .fps = 24000.0 / 1001,
              .picture = test::av1(),
              .metadata = true},
        Shape{.name = "Television", .fps = 30000.0 / 1001, .picture = test::television()},
        Shape{.name = "Fifty", .fps = 50}, Shape{.name = "Sixty", .fps = 60},
        Shape{.name = "Ten", .fps = 10, .b_frames = 2}, Shape{.name = "BFrames", .b_frames = 2},
        Shape{.name = "BFramesAndTenSeconds", .key_every_s = 10, .b_frames = 3},
        Shape{.name = "TenWithBFramesAndTenSeconds", .fps = 10, .key_every_s = 10, .b_frames = 3}),
    [](const auto& test) { return test.param.name; });

TEST_F(PackagerTest, LongGroupsOfPicturesAreCutIntoEvenPieces)
{
    publisher_.fps = 30000.0 / 1001;
    publisher_.key_every_s = 300 / publisher_.fps;
    publisher_.begin();
    publisher_.play_to(40);
    const auto now = window();
    const auto& lane = now->of(Lane::video);
    for (const auto seconds : test::durations(*now, Lane::video)) EXPECT_NEAR(seconds, 2, 0.04);
    int independent = 0;
    for (auto i = lane.first; i < lane.end; ++i) independent += lane.at(i).independent ? 1 : 0;
    EXPECT_LE(independent, 2);
    EXPECT_EQ(now->transport_target_s, 10U) << "MPEG-TS keeps to key frames";
}

TEST_F(PackagerTest, FramesOfIrregularTimesKeepTheTargetDuration)
{
    publisher_.sound = nullptr;
    publisher_.begin();
    unsigned random = 1;
    std::int64_t at_ms = 0;
    std::int64_t next_key_ms = 0;
    for (int i = 0; i < 2000; ++i) {
        random = random * 1'103'515'245 + 12'345;
        const auto pause = random >> 16 & 0x3f;
        at_ms += pause == 0 ? 700 : 15 + pause;
        publisher_.time_s = static_cast<double>(at_ms) / 1000;
        const bool key = at_ms >= next_key_ms;
        if (key) next_key_ms = at_ms + 1900;
        publisher_.send(flv::TagType::video, test::video_frame(test::h264(), key, 0), 5000 + at_ms);
        if (i % 100 == 0) {
            ASSERT_EQ(broken(false), "") << at_ms;
        }
    }
}

TEST_F(PackagerTest, ANewPublisherOfTheRunGoesOnBehindOneDiscontinuity)
{
    for (const double key_every_s : {2.0, 3.0, 10.0}) {
        SCOPED_TRACE(key_every_s);
        ++publisher_.run;
        publisher_.key_every_s = key_every_s;
        publisher_.begin();
        publisher_.play(31);
        const auto before = window();
        publisher_.end();
        publisher_.begin();
        publisher_.play(2 * key_every_s + 1);
        const auto now = window();
        EXPECT_EQ(now->end_period, before->end_period + 1);
        for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
            SCOPED_TRACE(static_cast<int>(kind));
            const auto& lane = now->of(kind);
            const auto& old = before->of(kind);
            ASSERT_FALSE(lane.empty());
            EXPECT_LT(lane.first, old.end) << "what is there stays";
            EXPECT_GT(lane.end, old.end);
            EXPECT_EQ(lane.at(old.end).period, lane.at(old.end - 1).period + 1);
            EXPECT_TRUE(lane.at(old.end - 1).complete);
            const auto playlist = media_playlist(*now, kind, false);
            ASSERT_TRUE(playlist);
            const auto breaks = std::ranges::count_if(
                playlist->segments, [](const auto& segment) { return segment.discontinuity; });
            const auto& newest = lane.at(end_of_complete(lane) - 1);
            EXPECT_EQ(playlist->discontinuity_sequence + static_cast<std::uint64_t>(breaks),
                      newest.period);
        }
        EXPECT_EQ(broken(), "");
        publisher_.end();
    }
}

TEST_F(PackagerTest, ANewRunBeginsAnEmptyWindowWithHigherNumbers)
{
    publisher_.begin();
    publisher_.play_to(30);
    const auto before = window();
    publisher_.end();
    ++publisher_.run;
    publisher_.begin();
    publisher_.play(1);
    const auto now = window();
    EXPECT_EQ(now->first_period, 0U);
    EXPECT_EQ(now->end_period, 1U);
    EXPECT_EQ(now->of(Lane::video).first,
              std::max(before->next_sequence, first_sequence(Publisher::kBegin + 30'000)));
    EXPECT_EQ(now->of(Lane::video).end, now->of(Lane::video).first + 1);
    EXPECT_LE(test::count_files(root_), 5U) << "three open segments, two headers";
    publisher_.end();
    publisher_.name = "another";
    publisher_.begin();
    publisher_.play(3);
    EXPECT_FALSE(std::filesystem::exists(stream_folder(root_, "demo")));
    EXPECT_EQ(window()->name_text(), "another");
}

TEST_F(PackagerTest, AShorterSegmentDoesNotBreakWhatWasPromised)
{
    publisher_.settings.segment_ms = 4000;
    publisher_.begin();
    publisher_.play_to(30);
    EXPECT_EQ(window()->target_s, 4U);
    publisher_.end();
    publisher_.settings.segment_ms = 2000;
    publisher_.begin();
    publisher_.play(7);
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(window()->target_s, 4U);
}

TEST_F(PackagerTest, AnEncoderWhoseClockIsFastBeginsANewPeriodBeforeDatesGoAstray)
{
    publisher_.clock = 1.001;
    publisher_.fps = 10;
    publisher_.sound = nullptr;
    publisher_.settings = {.hls = false, .cmaf = true, .part_ms = 1000};
    publisher_.begin();
    double worst = 0;
    for (int minute = 1; minute <= 60; ++minute) {
        publisher_.play_to(60 * minute);
        const auto now = window();
        const auto& lane = now->of(Lane::video);
        for (auto i = lane.first; i < lane.end; ++i) {
            worst =
                std::max(worst, std::abs(test::date_error_ms(*now, Lane::video, lane.at(i),
                                                             Publisher::kBegin, publisher_.clock)));
        }
        ASSERT_EQ(broken(), "") << minute;
    }
    EXPECT_LT(worst, 700);
    EXPECT_EQ(window()->end_period, 8U) << "3.6 s at half a second each";
}

TEST_F(PackagerTest, APauseOfAnHourIsBorne)
{
    publisher_.begin();
    publisher_.play_to(5);
    publisher_.skip_to(3600);
    publisher_.play(5);
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(window()->of(Lane::video).end, window()->of(Lane::audio).end);
}

TEST_F(PackagerTest, FramesThatLastForSecondsArePackaged)
{
    publisher_.sound = nullptr;
    publisher_.fps = 0.2;
    publisher_.key_every_s = 5;
    publisher_.begin();
    publisher_.play_to(60);
    publisher_.change_picture(&test::another_h264());
    publisher_.play(60);
    const auto now = window();
    EXPECT_EQ(now->end_period, 2U);
    const auto variants = multivariant(*now);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->variants.at(0).fps, 0);
    ASSERT_TRUE(manifest(*now, false, Publisher::kBegin));
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerTest, NoTimeIsBelowZeroHoweverEarlyAPictureIsSeen)
{
    publisher_.begin();
    const auto frame = [&](std::int64_t dts_ms, bool key, int composition_ms) {
        publisher_.send(flv::TagType::video, test::video_frame(test::h264(), key, composition_ms),
                        dts_ms);
    };
    frame(0, true, -80);
    frame(40, false, 0);
    const auto begun = window();
    EXPECT_EQ(begun->period_at(0).start, 0);
    EXPECT_EQ(begun->of(Lane::video).at(begun->of(Lane::video).first).time, 0);
    // Sound that is missing leaves a gap there.
    frame(2000, true, -5000);
    frame(4000, true, 0);
    const auto now = window();
    const auto& audio = now->of(Lane::audio);
    ASSERT_FALSE(audio.empty());
    for (auto i = audio.first; i < audio.end; ++i) {
        EXPECT_GE(audio.at(i).time, 0);
        EXPECT_GE(audio.at(i).duration, 0);
    }
}

}  // namespace
}  // namespace sluice::package
