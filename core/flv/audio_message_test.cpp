#include "core/flv/audio_message.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::flv {
namespace {

using Bytes = std::vector<std::uint8_t>;
using C = AudioCodec;
using K = PacketKind;

struct Case {
    const char* name;
    Bytes header;  ///< all of it and nothing more
    AudioMessage message;
};

const std::vector<Case> kCases{
    {"aac configuration", {0xaf, 0}, {C::aac, K::config, false, 2}},
    {"aac frame", {0xaf, 1}, {C::aac, K::frame, false, 2}},
    {"mp3", {0x2f}, {C::mp3, K::frame, false, 1}},
    {"mp3 at 8 kHz", {0xef}, {C::mp3, K::frame, false, 1}},
    {"speex", {0xb2}, {C::other, K::frame, false, 1}},
    {"linear pcm", {0x3f}, {C::other, K::frame, false, 1}},
    {"enhanced aac configuration", {0x90, 'm', 'p', '4', 'a'}, {C::aac, K::config, true, 5}},
    {"enhanced opus configuration", {0x90, 'O', 'p', 'u', 's'}, {C::opus, K::config, true, 5}},
    {"enhanced opus frame", {0x91, 'O', 'p', 'u', 's'}, {C::opus, K::frame, true, 5}},
    {"enhanced mp3 frame", {0x91, '.', 'm', 'p', '3'}, {C::mp3, K::frame, true, 5}},
    {"enhanced flac frame", {0x91, 'f', 'L', 'a', 'C'}, {C::flac, K::frame, true, 5}},
    {"enhanced ac-3 frame", {0x91, 'a', 'c', '-', '3'}, {C::ac3, K::frame, true, 5}},
    {"enhanced e-ac-3 frame", {0x91, 'e', 'c', '-', '3'}, {C::other, K::frame, true, 5}},
    {"enhanced end", {0x92, 'O', 'p', 'u', 's'}, {C::opus, K::end, true, 5}},
    {"channel layout", {0x94, 'O', 'p', 'u', 's'}, {C::opus, K::metadata, true, 5}},
    {"one track of a multitrack message",
     {0x95, 0x01, 'm', 'p', '4', 'a', 0},
     {C::aac, K::frame, true, 7}},
    {"nanoseconds before the frame",
     {0x97, 2, 1, 2, 3, 0x01, 'O', 'p', 'u', 's'},
     {C::opus, K::frame, true, 10}},
};

TEST(AudioMessage, ReadsEveryKindOfHeader)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        auto message = c.header;
        message.insert(message.end(), {0xaa, 0xbb});
        const auto got = parse_audio_message(message);
        ASSERT_TRUE(got) << got.error().where;
        EXPECT_EQ(*got, c.message);
    }
}

TEST(AudioMessage, IsTruncatedWhenAnyByteOfItsHeaderIsMissing)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        for (std::size_t size = 0; size < c.header.size(); ++size) {
            const auto got = parse_audio_message(std::span(c.header).first(size));
            ASSERT_FALSE(got) << size;
            EXPECT_EQ(got.error().code, Errc::truncated) << size;
        }
    }
}

TEST(AudioMessage, RefusesMoreThanOneTrack)
{
    const std::vector<Bytes> refused{
        {0x95, 0x11, 'm', 'p', '4', 'a', 0, 0, 0, 1, 0},
        {0x95, 0x21, 'm', 'p', '4', 'a', 0, 0, 0, 1, 0},
        {0x95, 0x01, 'm', 'p', '4', 'a', 1},
    };
    for (const auto& message : refused) {
        const auto got = parse_audio_message(message);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::unsupported);
    }
}

TEST(AudioMessage, RefusesWhatTheSpecificationReserves)
{
    const std::vector<Bytes> refused{{0xaf, 2}, {0x93, 'O', 'p', 'u', 's'}};
    for (const auto& message : refused) {
        const auto got = parse_audio_message(message);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
}

}  // namespace
}  // namespace sluice::flv
