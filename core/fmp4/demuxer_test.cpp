#include "demuxer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "test_movie.hpp"

namespace sluice::fmp4 {
namespace {

using namespace test;

TEST(DemuxerTest, GivesEverySampleItsTimeAndItsBytes)
{
    Heard heard;
    ASSERT_TRUE(read(small_file(), heard));
    EXPECT_EQ(heard.movies, 1);
    ASSERT_EQ(heard.tracks.size(), 2U);
    ASSERT_EQ(heard.samples.size(), 3U);
    const auto& [facts, data] = heard.samples[2];
    EXPECT_EQ(facts.track_id, 1U);
    EXPECT_EQ(facts.dts, 903'000);
    EXPECT_EQ(facts.composition, -3000);
    EXPECT_EQ(facts.duration, 3000U);
    EXPECT_FALSE(facts.sync);
    EXPECT_EQ(data, ramp(200, 3));
    EXPECT_TRUE(heard.samples[0].facts.sync);
    EXPECT_TRUE(heard.samples[1].facts.sync);
    EXPECT_EQ(heard.samples[1].facts.dts, 480'000);
}

TEST(DemuxerTest, ItDoesNotMatterWhereTheFileIsCut)
{
    const auto file = small_file();
    Heard whole;
    ASSERT_TRUE(read(file, whole));
    for (const std::size_t step : {1U, 2U, 3U, 7U, 8U, 100U, 301U}) {
        Heard heard;
        ASSERT_TRUE(read(file, heard, step)) << step;
        EXPECT_EQ(heard.samples, whole.samples) << step;
    }
}

TEST(DemuxerTest, ASampleIsThereWithItsLastByteAndIsNotCopied)
{
    auto file = movie_of({picture()});
    const Sample key{3000, 300, 0, true};
    append_frame(file, {media::Kind::video, 1, 0, {&key, 1}}, ramp(300, 1));

    struct Borrowed final : DemuxerSink {
        void movie(std::span<const MovieTrack>) override {}
        void sample(const DemuxedSample& sample) override { data = sample.data; }
        std::span<const std::uint8_t> data;
    } sink;
    Demuxer demuxer;
    ASSERT_TRUE(demuxer.take(std::span(file).first(file.size() - 300), sink));
    EXPECT_TRUE(sink.data.empty());
    ASSERT_TRUE(demuxer.take(std::span(file).last(300), sink));
    EXPECT_EQ(sink.data.data(), &file[file.size() - 300]);
}

TEST(DemuxerTest, KnowsWhatFlvWantsOfEveryTrack)
{
    for (const auto& sample : codec::samples::video) {
        if (sample.codec == flv::VideoCodec::vp9) continue;
        SCOPED_TRACE(sample.encoder);
        const auto index = static_cast<std::size_t>(&sample - codec::samples::video.data());
        Heard heard;
        ASSERT_TRUE(read(movie_of({picture(index)}), heard));
        ASSERT_TRUE(heard.tracks.at(0).known);
        const auto& track = heard.tracks[0].track;
        EXPECT_EQ(track.video, sample.codec);
        EXPECT_EQ(track.config, codec::samples::bytes(sample.hex));
        EXPECT_EQ(track.width, sample.width);
        EXPECT_EQ(track.timescale, 90'000U);
    }
}

TEST(DemuxerTest, KnowsAacAndMp3AndMakesAnOpusHeadOfDops)
{
    Heard aac;
    ASSERT_TRUE(read(movie_of({sound()}), aac));
    EXPECT_EQ(aac.tracks.at(0).track.config, sound().config);
    EXPECT_EQ(aac.tracks.at(0).track.channels, 2);

    auto mp3_track = sound();
    mp3_track.audio = flv::AudioCodec::mp3;
    Heard mp3;
    ASSERT_TRUE(read(movie_of({mp3_track}), mp3));
    EXPECT_EQ(mp3.tracks.at(0).track.audio, flv::AudioCodec::mp3);

    Heard opus;
    ASSERT_TRUE(read(movie_of({sound(4)}), opus));
    EXPECT_EQ(opus.tracks.at(0).track.config,
              codec::samples::bytes("4f707573486561640106380180bb000000000104020004010203"
                                    "05"));
}

TEST(DemuxerTest, AnUnknownTrackIsToldAndHasNoSamples)
{
    auto file = small_file();
    const auto entry = std::ranges::search(file, std::string_view("mp4a"));
    std::ranges::copy(std::string_view("ec-3"), entry.begin());
    Heard heard;
    ASSERT_TRUE(read(file, heard));
    ASSERT_EQ(heard.tracks.size(), 2U);
    EXPECT_FALSE(heard.tracks[1].known);
    EXPECT_EQ(heard.samples.size(), 2U);
}

TEST(DemuxerTest, PassesOverWhatItDoesNotNeed)
{
    auto file = movie_of({picture()});
    for (const auto* type : {"free", "styp", "sidx", "prft", "emsg", "uuid", "zzzz"}) {
        const Box box(file, type);
        append(file, ramp(30, 0));
    }
    const Sample key{3000, 10, 0, true};
    append_frame(file, {media::Kind::video, 1, 0, {&key, 1}}, ramp(10, 1));
    Heard heard;
    ASSERT_TRUE(read(file, heard));
    EXPECT_EQ(heard.samples.size(), 1U);
}

TEST(DemuxerTest, ASecondFileMayFollow)
{
    auto file = small_file();
    append(file, small_file());
    Heard heard;
    ASSERT_TRUE(read(file, heard));
    EXPECT_EQ(heard.movies, 2);
    EXPECT_EQ(heard.samples.size(), 6U);
}

/// The place of the media behind a `moof` of `size` bytes.
constexpr std::uint32_t behind(std::uint32_t size)
{
    return size + 8;
}

TEST(DemuxerTest, RunsFollowEachOtherAndTracksDoWhereNothingElseIsSaid)
{
    WrittenByHand by_hand({picture(), sound()});
    // Sizes: moof 8, traf 8; tfhd 12 + words; tfdt 16; trun 16 + words.
    constexpr std::uint32_t video = 8 + (12 + 16) + 16 + (16 + 8) + (16 + 4);
    constexpr std::uint32_t audio = 8 + (12 + 12) + 16;
    by_hand.fragment(
        [&] {
            {
                const Box traf(by_hand.file, "traf");
                by_hand.header(0x38, {1, 1500, 4, 0x01010000});
                by_hand.time(7);
                by_hand.run(0x5, {2, behind(8 + video + audio + 16), 0x02000000});
                by_hand.run(0x100, {1, 99});
            }
            const Box traf(by_hand.file, "traf");
            by_hand.header(0x18, {2, 1024, 3});
            by_hand.time(1000);
            by_hand.run(0, {2});
        },
        ramp(18, 0));
    Heard heard;
    const auto done = read(by_hand.file, heard);
    ASSERT_TRUE(done) << done.error().where;
    ASSERT_EQ(heard.samples.size(), 5U);
    EXPECT_EQ(heard.samples[0].data, ramp(4, 0));
    EXPECT_TRUE(heard.samples[0].facts.sync);
    EXPECT_FALSE(heard.samples[1].facts.sync);
    EXPECT_EQ(heard.samples[2].facts.dts, 7 + 2 * 1500);
    EXPECT_EQ(heard.samples[2].facts.duration, 99U);
    EXPECT_EQ(heard.samples[2].data, ramp(4, 8));
    EXPECT_EQ(heard.samples[3].facts.track_id, 2U);
    EXPECT_EQ(heard.samples[3].data, ramp(3, 12));
    EXPECT_EQ(heard.samples[4].facts.dts, 2024);
}

TEST(DemuxerTest, AFragmentWithoutATimeGoesOnWhereTheLastOneEnded)
{
    WrittenByHand by_hand({picture()});
    constexpr std::uint32_t size = 8 + 8 + (12 + 12) + (16 + 4);
    for (int i = 0; i < 2; ++i) {
        by_hand.fragment(
            [&] {
                const Box traf(by_hand.file, "traf");
                by_hand.header(0x020018, {1, 1500, 4});
                by_hand.run(0x1, {1, behind(size)});
            },
            ramp(4, 0));
    }
    Heard heard;
    ASSERT_TRUE(read(by_hand.file, heard));
    ASSERT_EQ(heard.samples.size(), 2U);
    EXPECT_EQ(heard.samples[1].facts.dts, 1500);
}

TEST(DemuxerTest, MediaOfUnknownLengthAndLongSizesAreTaken)
{
    auto file = movie_of({picture()});
    const Sample key{3000, 10, 0, true};
    append_frame(file, {media::Kind::video, 1, 0, {&key, 1}}, ramp(10, 1));
    const auto mdat = std::ranges::search(file, std::string_view("mdat")).begin() - file.begin();
    put_u32(file, static_cast<std::size_t>(mdat - 4), 0);
    Heard endless;
    ASSERT_TRUE(read(file, endless, 3));
    EXPECT_EQ(endless.samples.size(), 1U);

    put_u32(file, static_cast<std::size_t>(mdat - 4), 1);
    const Data size{0, 0, 0, 0, 0, 0, 0, 16 + 10};
    file.insert(file.begin() + mdat + 4, size.begin(), size.end());
    const auto run = std::ranges::search(file, std::string_view("trun")).begin() - file.begin();
    file[static_cast<std::size_t>(run) + 15] += 8;
    Heard wide;
    const auto done = read(file, wide, 3);
    ASSERT_TRUE(done) << done.error().where;
    ASSERT_EQ(wide.samples.size(), 1U);
    EXPECT_EQ(wide.samples[0].data, ramp(10, 1));
}

TEST(DemuxerTest, AnEditListMovesItsTrack)
{
    auto file = small_file();
    Data edits;
    {
        const Box edts(edits, "edts");
        const Box elst(edits, "elst", 0, 0);
        ByteWriter out(edits);
        for (const std::uint32_t word : {2U, 500U, 0xffffffffU, 0x10000U, 0U, 6000U, 0x10000U}) {
            out.u32(word);
        }
    }
    const auto grow = [&](std::string_view type) {
        const auto at =
            static_cast<std::size_t>(std::ranges::search(file, type).begin() - file.begin() - 4);
        ByteReader size(std::span<const std::uint8_t>(file).subspan(at));
        put_u32(file, at, size.u32() + static_cast<std::uint32_t>(edits.size()));
    };
    grow("moov");
    grow("trak");
    const auto mdia = std::ranges::search(file, std::string_view("mdia")).begin() - 4;
    file.insert(mdia, edits.begin(), edits.end());
    Heard heard;
    const auto done = read(file, heard);
    ASSERT_TRUE(done) << done.error().where;
    EXPECT_EQ(heard.samples.at(0).facts.dts, 900'000 - 6000 + 45'000);
    EXPECT_EQ(heard.samples.at(1).facts.dts, 480'000);
}

}  // namespace
}  // namespace sluice::fmp4
