#include "demuxer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test_movie.hpp"

namespace sluice::fmp4 {
namespace {

using namespace test;

TEST(DemuxerDamageTest, SamplesOutsideOfTheMediaAreNone)
{
    const auto file = small_file();
    const auto run = std::ranges::search(file, std::string_view("trun")).begin() - file.begin();
    for (const int off : {-1, 1, 100}) {
        auto moved = file;
        auto& place = moved[static_cast<std::size_t>(run) + 15];
        place = static_cast<std::uint8_t>(place + off);
        Heard heard;
        const auto done = read(moved, heard);
        ASSERT_FALSE(done) << off;
        EXPECT_EQ(done.error().where, "mp4 samples outside of the media");
        EXPECT_TRUE(heard.samples.empty());
    }
}

TEST(DemuxerDamageTest, WhatIsNoFileIsRefusedAndStaysSo)
{
    const std::string words = "ffmpeg: no such file or directory";
    const Data text(words.begin(), words.end());
    Heard heard;
    Demuxer demuxer;
    const auto first = demuxer.take(text, heard);
    ASSERT_FALSE(first);
    const auto second = demuxer.take(small_file(), heard);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().where, first.error().where);
    EXPECT_EQ(heard.movies, 0);
}

TEST(DemuxerDamageTest, HoldsNoMoreThanItSaid)
{
    const auto refuses = [](const Data& file) {
        Heard heard;
        const auto done = read(file, heard);
        return !done && done.error().code == Errc::limit && heard.samples.empty();
    };
    EXPECT_TRUE(refuses({0, 0x20, 0, 0, 'm', 'o', 'o', 'v'}));
    EXPECT_TRUE(refuses({2, 0, 0, 0, 'f', 'r', 'e', 'e'}));
    auto large = movie_of({picture()});
    const Sample key{3000, kMaxSample + 1, 0, true};
    append_fragment_head({media::Kind::video, 1, 0, {&key, 1}}, large);
    EXPECT_TRUE(refuses(large));
    WrittenByHand many({picture()});
    many.fragment(
        [&] {
            const Box traf(many.file, "traf");
            many.header(0x020018, {1, 1500, 4});
            many.run(0, {0xffffffff});
        },
        {});
    EXPECT_TRUE(refuses(many.file));
}

TEST(DemuxerDamageTest, EveryEndButThatOfABoxIsOneTooEarly)
{
    const auto file = small_file();
    Heard heard;
    for (std::size_t size = 1; size < file.size(); ++size) {
        Demuxer demuxer;
        ASSERT_TRUE(demuxer.take(std::span(file).first(size), heard)) << size;
        const auto end = demuxer.finish();
        EXPECT_TRUE(end || end.error().code == Errc::truncated);
    }
    const Data cut(file.begin(), file.end() - 1);
    EXPECT_FALSE(read(cut, heard));
}

TEST(DemuxerDamageTest, NoDamagedBitMakesItFail)
{
    const auto file = small_file();
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        auto damaged = file;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        Heard heard;
        (void)read(damaged, heard, 64);
        EXPECT_LE(heard.samples.size(), 3U);
    }
}

}  // namespace
}  // namespace sluice::fmp4
