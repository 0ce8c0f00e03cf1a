#include "feed.hpp"

#include <gtest/gtest.h>

#include "core/fmp4/demuxer.hpp"
#include "test_messages.hpp"

namespace sluice::hook {
namespace {

using flv::TagType;
using test::Body;

/// A process that reads what it is fed with.
class Process : fmp4::DemuxerSink {
public:
    struct Unit {
        std::uint32_t track_id;
        std::int64_t dts;
        std::int32_t composition;
        bool sync;
        std::uint8_t filling;
        std::size_t size;
    };

    explicit Process(channel::Frames frames = channel::Frames::all,
                     Feed::Changes changes = Feed::Changes::restart)
        : feed(frames, changes)
    {}

    /// Whether the process had to be started anew.
    bool take(TagType type, const Body& body, std::int64_t dts_ms)
    {
        const auto fed = feed.take(type, body, dts_ms);
        EXPECT_TRUE(!fed.restart || fed.piece.size() == 0);
        if (fed.piece.head.empty()) return fed.restart;
        for (const auto bytes : {fed.piece.head, fed.piece.media}) {
            const auto done = demuxer_.take(bytes, *this);
            EXPECT_TRUE(done) << done.error().where;
        }
        EXPECT_TRUE(demuxer_.finish()) << "a piece is a whole fragment";
        return fed.restart;
    }

    Feed feed;
    int movies = 0;
    std::vector<fmp4::MovieTrack> tracks;
    std::vector<Unit> units;

private:
    void movie(std::span<const fmp4::MovieTrack> found) override
    {
        ++movies;
        tracks.assign(found.begin(), found.end());
    }
    void sample(const fmp4::DemuxedSample& s) override
    {
        units.push_back({s.track_id, s.dts, s.composition, s.sync, s.data.back(), s.data.size()});
    }

    fmp4::Demuxer demuxer_;
};

TEST(FeedTest, BeginsAtAKeyFrameAndIsTenSecondsAhead)
{
    Process process;
    process.take(TagType::audio, test::sound_header(), 0);
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(false, 1), 960);
    process.take(TagType::audio, test::sound(2), 980);
    EXPECT_EQ(process.movies, 0);
    process.take(TagType::video, test::picture(true, 3, 80), 1000);
    process.take(TagType::audio, test::sound(4), 1002);
    process.take(TagType::video, test::picture(false, 5), 1040);

    EXPECT_EQ(process.movies, 1);
    ASSERT_EQ(process.tracks.size(), 2U);
    ASSERT_EQ(process.units.size(), 3U);
    EXPECT_EQ(process.units[0].track_id, 1U);
    EXPECT_EQ(process.units[0].dts, 11'000 * 90);
    EXPECT_EQ(process.units[0].composition, 80 * 90);
    EXPECT_TRUE(process.units[0].sync);
    EXPECT_EQ(process.units[0].filling, 3);
    EXPECT_EQ(process.units[1].track_id, 2U);
    EXPECT_NEAR(static_cast<double>(process.units[1].dts), 11'002 * 48, 48 * 2);
    EXPECT_FALSE(process.units[2].sync);
}

TEST(FeedTest, SoundAloneBeginsAtOnce)
{
    Process process;
    process.feed.expect(false, true);
    process.take(TagType::audio, test::sound_header(), 0);
    process.take(TagType::audio, test::sound(1), 100);
    ASSERT_EQ(process.units.size(), 1U);
    EXPECT_EQ(process.units[0].dts, 10'100 * 48);
}

TEST(FeedTest, WaitsForTheTracksThatAreExpected)
{
    Process process;
    process.feed.expect(true, true);
    process.take(TagType::audio, test::sound_header(), 0);
    process.take(TagType::audio, test::sound(1), 0);
    EXPECT_EQ(process.movies, 0) << "the picture is to come";
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 2), 0);
    EXPECT_EQ(process.tracks.size(), 2U);

    Process late;
    late.feed.expect(true, true);
    late.take(TagType::video, test::picture_header(), 0);
    late.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_EQ(late.movies, 0) << "the sound is to come";
    late.feed.expect(true, false);
    late.take(TagType::video, test::picture(true, 2), 40);
    EXPECT_EQ(late.tracks.size(), 1U);
}

TEST(FeedTest, DoesNotWaitForWhatCanNotBeRead)
{
    Process process;
    process.feed.expect(true, true);
    process.take(TagType::audio, test::sound_header(6), 0);  // FLAC: MP4 players don't take it
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 2), 0);
    EXPECT_EQ(process.tracks.size(), 1U);

    Process broken;
    broken.feed.expect(true, true);
    broken.take(TagType::video,
                test::joined(flv::video_frame_head(flv::VideoCodec::avc, true, 0), {}), 0);
    broken.take(TagType::video, flv::video_config_message(flv::VideoCodec::avc, Body{1, 2}), 0);
    broken.take(TagType::audio, test::sound_header(), 0);
    broken.take(TagType::audio, test::sound(1), 0);
    EXPECT_EQ(broken.units.size(), 1U) << "sound alone";
}

TEST(FeedTest, OtherHeadersNeedAnotherProcess)
{
    Process process;
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_FALSE(process.take(TagType::video, test::picture_header(), 40)) << "the same ones";
    EXPECT_TRUE(process.take(TagType::video, test::picture_header(0), 40));
    EXPECT_FALSE(process.feed.begun());
    process.take(TagType::video, test::picture(false, 2), 40);
    EXPECT_EQ(process.units.size(), 1U);
    process.take(TagType::video, test::picture(true, 3), 80);
    EXPECT_EQ(process.movies, 2);
    ASSERT_EQ(process.units.size(), 2U);
    EXPECT_EQ(process.units[1].dts, 10'080 * 90);
}

/// The same picture, coded at another level.
Body at_another_level(Body header)
{
    constexpr std::size_t kFlvHead = 5, kLevelOfSps = 8 + 3;
    header.at(kFlvHead + kLevelOfSps) = 52;
    return header;
}

TEST(FeedTest, ADecoderIsToldOfOtherHeadersOnTheWay)
{
    Process process(channel::Frames::all, Feed::Changes::in_band);
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_FALSE(process.take(TagType::video, at_another_level(test::picture_header()), 1000));
    process.take(TagType::video, test::picture(true, 2), 1000);
    process.take(TagType::video, test::picture(true, 3), 2000);
    ASSERT_EQ(process.units.size(), 3U);
    EXPECT_EQ(process.movies, 1);
    EXPECT_GT(process.units[1].size, process.units[0].size) << "with its parameter sets";
    EXPECT_EQ(process.units[1].filling, 2);
    EXPECT_EQ(process.units[2].size, process.units[0].size) << "once";
}

TEST(FeedTest, ACopyIsNotToldOfOtherHeadersOnTheWay)
{
    Process process;
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_TRUE(process.take(TagType::video, at_another_level(test::picture_header()), 1000));
}

TEST(FeedTest, ATrackThatComesLateNeedsAnotherProcess)
{
    Process process;
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_TRUE(process.take(TagType::audio, test::sound_header(), 20));
    process.take(TagType::audio, test::sound(2), 20);
    process.take(TagType::video, test::picture(true, 3), 40);
    EXPECT_EQ(process.movies, 2);
    EXPECT_EQ(process.tracks.size(), 2U);
}

TEST(FeedTest, WhatAProcessCanNotTakeIsNoReasonForAnother)
{
    Process process;
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    EXPECT_FALSE(process.take(TagType::audio, test::sound_header(6), 20));
    process.take(TagType::video, test::picture(false, 2), 40);
    EXPECT_EQ(process.units.size(), 2U);
}

TEST(FeedTest, ANewProcessBeginsWithAHeaderAndAKeyFrame)
{
    Process process;
    process.take(TagType::video, test::picture_header(), 0);
    process.take(TagType::video, test::picture(true, 1), 0);
    process.feed.begin_anew();
    process.take(TagType::video, test::picture(false, 2), 40);
    EXPECT_EQ(process.units.size(), 1U);
    process.take(TagType::video, test::picture(true, 3), 80);
    EXPECT_EQ(process.movies, 2);
    EXPECT_EQ(process.units.size(), 2U);
}

TEST(FeedTest, KeyFramesOnlyAreThoseOfThePicture)
{
    Process process(channel::Frames::key);
    process.feed.expect(true, true);
    process.take(TagType::audio, test::sound_header(), 0);
    process.take(TagType::video, test::picture_header(), 0);
    for (int i = 0; i < 10; ++i) {
        process.take(TagType::video, test::picture(i % 5 == 0, 1), i * 40);
        process.take(TagType::audio, test::sound(2), i * 40);
    }
    ASSERT_EQ(process.units.size(), 2U);
    EXPECT_EQ(process.tracks.size(), 1U);
    EXPECT_EQ(process.units[1].dts, 10'200 * 90);
}

TEST(FeedTest, TakesMp3WhoseFramesAreTheirOwnHeader)
{
    Process process;
    Body frame(100, 0);
    frame[0] = 0xff, frame[1] = 0xfb, frame[2] = 0x90, frame[3] = 0x64;
    const auto body = test::joined(flv::audio_frame_head(flv::AudioCodec::mp3), frame);
    for (int i = 0; i < 3; ++i) process.take(TagType::audio, body, i * 26);
    EXPECT_EQ(process.units.size(), 3U);
    EXPECT_EQ(process.tracks.at(0).track.audio, flv::AudioCodec::mp3);
}

TEST(FeedTest, TheLaterCodecsOfEnhancedRtmpPassToo)
{
    Process process;
    process.take(TagType::video, test::picture_header(8), 0);
    process.take(TagType::audio, test::sound_header(5), 0);
    process.take(TagType::video, test::picture(true, 1, 40, flv::VideoCodec::hevc), 0);
    process.take(TagType::audio, test::sound(2, flv::AudioCodec::opus), 0);
    EXPECT_EQ(process.units.size(), 2U);
    EXPECT_EQ(process.tracks.at(0).track.video, flv::VideoCodec::hevc);
    EXPECT_EQ(process.tracks.at(1).track.audio, flv::AudioCodec::opus);
}

TEST(FeedTest, ADelimiterAloneIsNoPicture)
{
    Process process;
    process.take(TagType::video, test::picture_header(15), 0);
    const auto head = flv::video_frame_head(flv::VideoCodec::av1, true, 0);
    process.take(TagType::video, test::joined(head, {0x12, 0}), 0);
    EXPECT_EQ(process.movies, 0);
    process.take(TagType::video, test::joined(head, {0x12, 0, 0x32, 1, 0}), 40);
    EXPECT_EQ(process.units.size(), 1U);
}

TEST(FeedTest, AStreamThatRunsNeedsNoMoreMemory)
{
    Feed feed(channel::Frames::all);
    const auto header = test::picture_header();
    feed.take(TagType::video, header, 0);
    const auto key = test::picture(true, 1);
    const auto frame = test::picture(false, 2);
    feed.take(TagType::video, key, 0);
    const auto* const place = feed.take(TagType::video, frame, 40).piece.head.data();
    for (int i = 2; i < 1000; ++i) {
        const auto fed = feed.take(TagType::video, frame, i * 40);
        ASSERT_EQ(fed.piece.head.data(), place);
        ASSERT_EQ(fed.piece.media.data(), frame.data() + 5) << "borrowed";
    }
}

}  // namespace
}  // namespace sluice::hook
