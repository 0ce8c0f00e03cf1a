#include "movie.hpp"

#include <gtest/gtest.h>

#include <string>

#include "box_tree.hpp"
#include "core/codec/test_samples.hpp"
#include "init_segment.hpp"

namespace sluice::fmp4 {
namespace {

const media::Track kVideo{.kind = media::Kind::video,
                          .video = flv::VideoCodec::avc,
                          .config = codec::samples::bytes(codec::samples::video.at(1).hex),
                          .timescale = media::kVideoTimescale,
                          .width = 1280,
                          .height = 720};

media::Track sound(flv::AudioCodec codec, std::string_view config)
{
    return {.kind = media::Kind::audio,
            .audio = codec,
            .config = codec::samples::bytes(config),
            .timescale = 44100,
            .channels = 2};
}

/// The boxes of a type, wherever they are.
std::size_t count(const std::vector<std::uint8_t>& file, std::string_view type)
{
    const std::string text(file.begin(), file.end());
    std::size_t found = 0;
    for (auto at = text.find(type); at != std::string::npos; at = text.find(type, at + 4)) ++found;
    return found;
}

TEST(MovieTest, NumbersItsTracksAndLeavesThemToFragments)
{
    const auto audio = sound(flv::AudioCodec::aac, "1210");
    const media::Track* const tracks[] = {&kVideo, &audio};
    const auto file = movie_header(tracks);
    ASSERT_TRUE(file) << file.error().where;
    const BoxTree tree(*file);
    EXPECT_EQ(tree.broken, "");
    EXPECT_EQ(count(*file, "trak"), 2U);
    EXPECT_EQ(count(*file, "trex"), 2U);
    EXPECT_EQ(count(*file, "cmfc"), 0U);
    auto header = tree.at("moov/mvhd");
    header.skip(96);
    EXPECT_EQ(header.u32(), 3U);
    auto first = tree.at("moov/trak/tkhd");
    first.skip(12);
    EXPECT_EQ(first.u32(), kTrackId);
}

TEST(MovieTest, TakesMp3ThatCmafDoesNotKnow)
{
    const auto audio = sound(flv::AudioCodec::mp3, "fffb9064");
    const media::Track* const tracks[] = {&audio};
    const auto file = movie_header(tracks);
    ASSERT_TRUE(file) << file.error().where;
    auto entry = BoxTree(*file).at("moov/trak/mdia/minf/stbl/stsd/mp4a/esds");
    entry.skip(4 + 5 + 3 + 5);
    EXPECT_EQ(entry.u8(), 0x6b);
    entry.skip(12);
    EXPECT_EQ(entry.u8(), 6) << "no decoder configuration";
    EXPECT_EQ(init_segment(audio).error().code, Errc::unsupported);
}

TEST(MovieTest, OneBadTrackIsAnError)
{
    const auto audio = sound(flv::AudioCodec::flac, "");
    const media::Track* const tracks[] = {&kVideo, &audio};
    EXPECT_EQ(movie_header(tracks).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace sluice::fmp4
