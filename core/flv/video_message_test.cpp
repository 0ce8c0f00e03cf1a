#include "core/flv/video_message.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::flv {
namespace {

using Bytes = std::vector<std::uint8_t>;
using C = VideoCodec;
using K = PacketKind;

struct Case {
    const char* name;
    Bytes header;  ///< all of it and nothing more
    VideoMessage message;
};

const std::vector<Case> kCases{
    {"avc configuration", {0x17, 0, 0, 0, 0}, {C::avc, K::config, false, false, 0, 5}},
    {"avc key frame", {0x17, 1, 0, 0, 80}, {C::avc, K::frame, true, false, 80, 5}},
    {"avc key frame with negative composition time",
     {0x17, 1, 0xff, 0xff, 0xd8},
     {C::avc, K::frame, true, false, -40, 5}},
    {"avc frame", {0x27, 1, 0, 0, 0}, {C::avc, K::frame, false, false, 0, 5}},
    {"avc disposable frame", {0x37, 1, 0, 0, 0}, {C::avc, K::frame, false, false, 0, 5}},
    {"avc generated key frame", {0x47, 1, 0, 0, 0}, {C::avc, K::frame, true, false, 0, 5}},
    {"hevc under its unofficial id", {0x1c, 1, 0, 0, 40}, {C::hevc, K::frame, true, false, 40, 5}},
    {"hevc configuration under it", {0x1c, 0, 0, 0, 0}, {C::hevc, K::config, false, false, 0, 5}},
    {"h.263 key frame", {0x12}, {C::other, K::frame, true, false, 0, 1}},
    {"player command", {0x57}, {C::none, K::metadata, false, false, 0, 1}},

    {"enhanced avc configuration",
     {0x90, 'a', 'v', 'c', '1'},
     {C::avc, K::config, false, true, 0, 5}},
    {"enhanced avc frame",
     {0xa1, 'a', 'v', 'c', '1', 0, 0, 33},
     {C::avc, K::frame, false, true, 33, 8}},
    {"enhanced hevc configuration",
     {0x90, 'h', 'v', 'c', '1'},
     {C::hevc, K::config, false, true, 0, 5}},
    {"enhanced hevc key frame",
     {0x91, 'h', 'v', 'c', '1', 0xff, 0xff, 0xff},
     {C::hevc, K::frame, true, true, -1, 8}},
    {"enhanced hevc key frame without composition time",
     {0x93, 'h', 'v', 'c', '1'},
     {C::hevc, K::frame, true, true, 0, 5}},
    {"enhanced av1 key frame", {0x91, 'a', 'v', '0', '1'}, {C::av1, K::frame, true, true, 0, 5}},
    {"enhanced av1 configuration of a transport stream",
     {0x95, 'a', 'v', '0', '1'},
     {C::av1, K::config, false, true, 0, 5}},
    {"enhanced vp9 frame", {0xa1, 'v', 'p', '0', '9'}, {C::vp9, K::frame, false, true, 0, 5}},
    {"enhanced unknown codec", {0x91, 'v', 'p', '0', '8'}, {C::other, K::frame, true, true, 0, 5}},
    {"enhanced end", {0x92, 'h', 'v', 'c', '1'}, {C::hevc, K::end, false, true, 0, 5}},
    {"enhanced colour information",
     {0x94, 'h', 'v', 'c', '1'},
     {C::hevc, K::metadata, false, true, 0, 5}},
    {"enhanced player command", {0xd1}, {C::none, K::metadata, false, true, 0, 1}},
    {"one track of a multitrack message",
     {0x96, 0x01, 'h', 'v', 'c', '1', 0, 0, 0, 7},
     {C::hevc, K::frame, true, true, 7, 10}},
    {"nanoseconds before the frame",
     {0x97, 2, 1, 2, 3, 0x01, 'a', 'v', '0', '1'},
     {C::av1, K::frame, true, true, 0, 10}},
    {"two ModEx blocks",
     {0xa7, 0, 9, 0x07, 0, 9, 0x03, 'a', 'v', 'c', '1'},
     {C::avc, K::frame, false, true, 0, 11}},
};

TEST(VideoMessage, ReadsEveryKindOfHeader)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        auto message = c.header;
        message.insert(message.end(), {0xaa, 0xbb});
        const auto got = parse_video_message(message);
        ASSERT_TRUE(got) << got.error().where;
        EXPECT_EQ(*got, c.message);
    }
}

TEST(VideoMessage, IsTruncatedWhenAnyByteOfItsHeaderIsMissing)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        for (std::size_t size = 0; size < c.header.size(); ++size) {
            const auto got = parse_video_message(std::span(c.header).first(size));
            ASSERT_FALSE(got) << size;
            EXPECT_EQ(got.error().code, Errc::truncated) << size;
        }
    }
}

TEST(VideoMessage, ForgivesAnEndOfSequenceWithoutItsUnusedBytes)
{
    const auto got = parse_video_message(Bytes{0x17, 2});
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, (VideoMessage{C::avc, K::end, false, false, 0, 2}));
}

TEST(VideoMessage, SkipsLongModExData)
{
    Bytes message{0x97, 0xff, 0x01, 0x2b};
    message.resize(message.size() + 0x12c);
    message.insert(message.end(), {0x00, 'h', 'v', 'c', '1'});
    const auto got = parse_video_message(message);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->kind, K::config);
    EXPECT_EQ(got->body_offset, message.size());
}

TEST(VideoMessage, RefusesMoreThanOneTrack)
{
    const std::vector<Bytes> refused{
        {0x96, 0x11, 'h', 'v', 'c', '1', 0, 0, 0, 1, 0},  // many tracks, one codec
        {0x96, 0x21, 0, 'h', 'v', 'c', '1', 0, 0, 1, 0},  // many tracks, many codecs
        {0x96, 0x01, 'h', 'v', 'c', '1', 1, 0, 0, 7},     // one track, but the second one
    };
    for (const auto& message : refused) {
        const auto got = parse_video_message(message);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::unsupported);
    }
}

TEST(VideoMessage, RefusesWhatTheSpecificationReserves)
{
    const std::vector<Bytes> refused{
        {0x07, 1, 0, 0, 0},                      // no frame type
        {0x17, 3, 0, 0, 0},                      // packet type
        {0x98, 'h', 'v', 'c', '1'},              // enhanced packet type
        {0x96, 0x06, 'h', 'v', 'c', '1', 0, 0},  // multitrack inside multitrack
    };
    for (const auto& message : refused) {
        const auto got = parse_video_message(message);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
}

}  // namespace
}  // namespace sluice::flv
