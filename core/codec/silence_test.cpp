#include "core/codec/silence.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::codec {
namespace {

using flv::AudioCodec;

struct Case {
    const char* name;
    AudioCodec codec;
    std::uint8_t channels;
    std::vector<std::uint8_t> head;
    std::size_t size;
    bool silent;
};

// Frames of FFmpeg's own AAC encoder and of libopus, of anullsrc and of sine.
const std::vector<Case> kCases{
    {"aac stereo silence", AudioCodec::aac, 2, {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c}, 6, true},
    {"aac mono silence", AudioCodec::aac, 1, {0x01, 0x18, 0x20, 0x07}, 4, true},
    {"aac 5.1 silence", AudioCodec::aac, 6, {0x01, 0x18, 0x20, 0x07}, 19, true},
    {"aac silence padded to a constant rate",
     AudioCodec::aac,
     2,
     {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1b, 0xff, 0xff},
     341,
     true},
    {"aac sound", AudioCodec::aac, 2, {0x21, 0x1b, 0xcf, 0xe2, 0x45, 0x5a, 0xe5, 0x5b}, 341, false},
    {"aac sound in short windows", AudioCodec::aac, 2, {0x21, 0x4c, 0x8f, 0xe2}, 341, false},
    {"aac silence in short windows, padded",
     AudioCodec::aac,
     2,
     {0x21, 0x40, 0x7f, 0xe2},
     341,
     true},
    {"aac 5.1 with a silent centre", AudioCodec::aac, 6, {0x01, 0x18, 0x20, 0x07}, 500, false},
    {"aac that begins with a fill element", AudioCodec::aac, 2, {0xde, 0x02, 0x00}, 341, false},
    {"aac cut short", AudioCodec::aac, 2, {0x21}, 341, false},
    {"opus silence", AudioCodec::opus, 2, {0xfc, 0xff, 0xfe}, 3, true},
    {"opus discontinuous transmission", AudioCodec::opus, 1, {0xf8}, 1, true},
    {"opus sound", AudioCodec::opus, 2, {0xfc, 0xff, 0xfe}, 106, false},
    {"channels unknown", AudioCodec::aac, 0, {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c}, 6, true},
    {"mp3", AudioCodec::mp3, 2, {0xff, 0xfb}, 4, false},
    {"nothing", AudioCodec::none, 0, {}, 0, false},
};

TEST(Silence, IsToldFromSoundWithoutDecoding)
{
    for (const auto& c : kCases) {
        EXPECT_EQ(is_coded_silence(c.codec, c.channels, c.head, c.size), c.silent) << c.name;
    }
}

}  // namespace
}  // namespace sluice::codec
