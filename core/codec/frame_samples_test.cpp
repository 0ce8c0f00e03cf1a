#include "frame_samples.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::codec {
namespace {

std::uint32_t opus(std::vector<std::uint8_t> packet)
{
    return frame_samples(flv::AudioCodec::opus, 48000, packet);
}

TEST(FrameSamplesTest, OpusSaysItInItsFirstByte)
{
    EXPECT_EQ(opus({0xfc}), 960U);         // CELT fullband, 20 ms, one frame
    EXPECT_EQ(opus({0xe0}), 120U);         // 2.5 ms
    EXPECT_EQ(opus({0x19}), 2 * 2880U);    // SILK narrowband, 60 ms, two frames
    EXPECT_EQ(opus({0x7b, 3}), 3 * 960U);  // hybrid fullband, 20 ms, three frames
    EXPECT_EQ(opus({0xff, 63}), 0U) << "longer than 120 ms";
    EXPECT_EQ(opus({0xff}), 0U);
    EXPECT_EQ(opus({}), 0U);
}

TEST(FrameSamplesTest, TheOthersHaveOneSize)
{
    EXPECT_EQ(frame_samples(flv::AudioCodec::aac, 44100, {}), 1024U);
    EXPECT_EQ(frame_samples(flv::AudioCodec::mp3, 44100, {}), 1152U);
    EXPECT_EQ(frame_samples(flv::AudioCodec::mp3, 22050, {}), 576U);
    EXPECT_EQ(frame_samples(flv::AudioCodec::flac, 48000, {}), 0U);
}

}  // namespace
}  // namespace sluice::codec
