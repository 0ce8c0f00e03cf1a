#include <gtest/gtest.h>

#include <algorithm>

#include "core/codec/aac.hpp"
#include "core/codec/ac3.hpp"
#include "core/codec/flac.hpp"
#include "core/codec/mp3.hpp"
#include "core/codec/opus.hpp"
#include "core/codec/test_bits.hpp"
#include "core/codec/test_samples.hpp"

namespace sluice::codec {
namespace {

using samples::Bits;
using Bytes = std::vector<std::uint8_t>;

TEST(AacConfig, ReadsAnEscapedRateAndObjectType)
{
    const auto rate =
        parse_aac_config(Bits().u(5, 2).u(4, 15).u(24, 47999).u(4, 7).u(3, 0).bytes());
    ASSERT_TRUE(rate);
    EXPECT_EQ(rate->sample_rate, 47999U);
    EXPECT_EQ(rate->channels, 8);
    const auto usac = parse_aac_config(Bits().u(5, 31).u(6, 10).u(4, 3).u(4, 2).u(8, 0).bytes());
    ASSERT_TRUE(usac);
    EXPECT_EQ(aac_codec_string(*usac), "mp4a.40.42");
}

TEST(AacConfig, CountsTheChannelsOfAProgramConfigElement)
{
    Bits bits;
    bits.u(5, 2).u(4, 3).u(4, 0).u(3, 0);
    bits.u(10, 0).u(4, 2).u(4, 0).u(4, 1).u(2, 1).u(3, 0).u(4, 0).u(3, 0);
    bits.u(5, 0).u(5, 16).u(5, 17).u(4, 0);  // centre, front pair, back pair, low frequency
    const auto config = parse_aac_config([&] {
        auto bytes = bits.bytes();
        bytes.push_back(0);  // no comment
        return bytes;
    }());
    ASSERT_TRUE(config) << config.error().where;
    EXPECT_EQ(config->channels, 6);
}

TEST(AacConfig, RefusesReservedValues)
{
    EXPECT_EQ(parse_aac_config(Bits().u(5, 0).u(4, 3).u(4, 2).u(3, 0).bytes()).error().code,
              Errc::malformed);
    EXPECT_EQ(parse_aac_config(Bits().u(5, 2).u(4, 13).u(4, 2).u(3, 0).bytes()).error().code,
              Errc::malformed);
    EXPECT_EQ(parse_aac_config(Bits().u(5, 2).u(4, 3).u(4, 9).u(3, 0).bytes()).error().code,
              Errc::malformed);
    EXPECT_EQ(parse_aac_config(Bytes{0x11}).error().code, Errc::truncated);
}

TEST(OpusConfig, ReadsBothByteOrders)
{
    const auto head = parse_opus_config(samples::bytes("4f707573486561640102380180bb000000ff00"));
    const auto box = parse_opus_config(samples::bytes("000201380000bb80ff0000"));
    ASSERT_TRUE(head);
    ASSERT_TRUE(box);
    for (const auto& config : {*head, *box}) {
        EXPECT_EQ(config.channels, 2);
        EXPECT_EQ(config.pre_skip, 312);
        EXPECT_EQ(config.input_rate, 48000U);
        EXPECT_EQ(config.gain, -256);
    }
}

TEST(OpusConfig, RefusesDamage)
{
    const auto box = samples::bytes("000201380000bb80000000");
    for (std::size_t size = 0; size < box.size(); ++size) {
        const auto got = parse_opus_config(std::span(box).first(size));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::truncated);
    }
    for (const auto* hex : {"010201380000bb80000000",  // version
                            "000001380000bb80000000",  // no channels
                            "000301380000bb80000000",  // three channels in family 0
                            "000201380000bb80000001"
                            "00000001",  // no streams
                            "000201380000bb80000001"
                            "01010002"}) {
        EXPECT_EQ(parse_opus_config(samples::bytes(hex)).error().code, Errc::malformed) << hex;
    }
    EXPECT_EQ(parse_opus_config(samples::bytes("000201380000bb800000010100")).error().code,
              Errc::truncated);
}

TEST(FlacConfig, ReadsStreamInformationInAnyWrapping)
{
    const auto box = samples::bytes(
        std::find_if(samples::audio.begin(), samples::audio.end(), [](const auto& s) {
            return s.codec == flv::AudioCodec::flac;
        })->hex);
    const Bytes block(box.begin() + 4, box.end());
    const Bytes bare(box.begin() + 8, box.end());
    Bytes native{'f', 'L', 'a', 'C'};
    native.insert(native.end(), block.begin(), block.end());
    for (const auto& in : {box, block, bare, native}) {
        const auto config = parse_flac_config(in);
        ASSERT_TRUE(config) << config.error().where;
        EXPECT_EQ(config->sample_rate, 44100U);
        EXPECT_EQ(config->channels, 2);
        EXPECT_EQ(config->bits_per_sample, 16);
    }
    EXPECT_EQ(parse_flac_config(std::span(native).first(30)).error().code, Errc::truncated);
    native[4] = 4;  // a comment block comes first
    EXPECT_EQ(parse_flac_config(native).error().code, Errc::malformed);
}

TEST(Mp3Frame, KnowsEveryVersionsRates)
{
    EXPECT_EQ(parse_mp3_frame(Bytes{0xff, 0xfb, 0x90, 0x64})->sample_rate, 44100U);
    EXPECT_EQ(parse_mp3_frame(Bytes{0xff, 0xf3, 0x94, 0x64})->sample_rate, 24000U);
    const auto slow = parse_mp3_frame(Bytes{0xff, 0xe3, 0x18, 0xc4});
    ASSERT_TRUE(slow);
    EXPECT_EQ(slow->sample_rate, 8000U);
    EXPECT_EQ(slow->channels, 1);
    EXPECT_EQ(parse_mp3_frame(Bytes{0xff, 0xfb, 0x9c, 0x64}).error().code, Errc::malformed);
    EXPECT_EQ(parse_mp3_frame(Bytes{0xff, 0xfd, 0x90, 0x64}).error().code, Errc::malformed);
    EXPECT_EQ(parse_mp3_frame(Bytes{0xff, 0xfb, 0x90}).error().code, Errc::truncated);
}

TEST(Ac3Frame, CountsTheLowFrequencyChannel)
{
    const auto stereo = parse_ac3_frame(Bytes{0x0b, 0x77, 0, 0, 0x14, 0x40, 0x40, 0x00});
    ASSERT_TRUE(stereo);
    EXPECT_EQ(stereo->sample_rate, 48000U);
    EXPECT_EQ(stereo->channels, 2);
    const auto surround = parse_ac3_frame(Bits()
                                              .u(16, 0x0b77)
                                              .u(16, 0)
                                              .u(2, 1)
                                              .u(6, 30)
                                              .u(5, 8)
                                              .u(3, 0)
                                              .u(3, 7)
                                              .u(4, 0)
                                              .u(1, 1)
                                              .bytes());
    ASSERT_TRUE(surround);
    EXPECT_EQ(surround->sample_rate, 44100U);
    EXPECT_EQ(surround->channels, 6);
    EXPECT_EQ(parse_ac3_frame(Bytes{0x0b, 0x78, 0, 0, 0x14, 0x40, 0x40}).error().code,
              Errc::malformed);
    EXPECT_EQ(parse_ac3_frame(Bytes{0x0b, 0x77, 0, 0, 0x14, 0x80, 0x40}).error().code,
              Errc::malformed);
    EXPECT_EQ(parse_ac3_frame(Bytes{0x0b, 0x77, 0}).error().code, Errc::truncated);
}

}  // namespace
}  // namespace sluice::codec
