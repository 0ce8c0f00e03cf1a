#include "core/codec/hevc.hpp"

#include <gtest/gtest.h>

#include "core/codec/test_bits.hpp"
#include "core/codec/test_samples.hpp"

namespace sluice::codec {
namespace {

using samples::Bits;

const samples::Video& sample()
{
    for (const auto& s : samples::video) {
        if (s.codec == flv::VideoCodec::hevc) return s;
    }
    std::abort();
}

/// Up to the bit depths: three sub-layers of which one has a profile and a level of its own, 64 ×
/// 48, Main.
void add_head(Bits& bits)
{
    bits.u(16, 33 << 9 | 1).u(4, 0).u(3, 2).u(1, 1);
    bits.u(8, 1).u(32, 0x60000000).u(48, 0x900000000001).u(8, 93);
    bits.u(2, 3).u(2, 0).u(12, 0).u(32, 0xffffffff).u(32, 0xffffffff).u(32, 0xffffffff);
    bits.ue(0).ue(1).ue(64).ue(48).u(1, 0).ue(0).ue(0);
}

/// From the picture order count to the PCM flag, with explicit scaling lists.
void add_coding_tools(Bits& bits)
{
    bits.ue(4).u(1, 1);
    for (int i = 0; i < 9; ++i) bits.ue(1);  // three orderings
    for (int i = 0; i < 6; ++i) bits.ue(0);
    bits.u(1, 1).u(1, 1);  // scaling lists are written out: one explicit, the others predicted
    for (int list = 0; list < 20; ++list) {
        bits.u(1, list == 12 ? 1 : 0);
        if (list != 12) bits.ue(0);
        if (list == 12) bits.se(3);
        for (int i = 0; list == 12 && i < 64; ++i) bits.se(-1);
    }
    bits.u(2, 3).u(1, 1).u(8, 0).ue(0).ue(0).u(1, 0);  // with PCM
}

void add_timing(Bits& bits)
{
    bits.u(1, 1);                     // VUI
    bits.u(1, 1).u(8, 255).u(32, 0);  // extended aspect ratio
    bits.u(1, 1).u(1, 0);             // overscan
    bits.u(1, 1).u(4, 0).u(1, 1).u(24, 0);
    bits.u(1, 1).ue(0).ue(0);  // chroma location
    bits.u(3, 0).u(1, 1).ue(0).ue(0).ue(0).ue(0);
    bits.u(1, 1).u(32, 1001).u(32, 60000);
}

TEST(HevcSps, FindsTheTimingBehindReferencePictureSets)
{
    Bits bits;
    add_head(bits);
    add_coding_tools(bits);
    bits.ue(3);
    bits.ue(1).ue(1).ue(0).u(1, 1).ue(0).u(1, 1);        // one before, one after
    bits.u(1, 1).u(1, 0).ue(0).u(1, 1).u(2, 0).u(2, 1);  // predicted: keeps two of three
    bits.u(1, 1).u(1, 1).ue(1).u(1, 1).u(1, 1).u(1, 1);  // predicted from that: keeps three
    bits.u(1, 1).ue(1).u(9, 0);                          // one long-term picture
    bits.u(2, 0);
    add_timing(bits);
    const auto sps = parse_hevc_sps(bits.bytes());
    ASSERT_TRUE(sps) << sps.error().where;
    EXPECT_EQ(sps->width, 64U);
    EXPECT_EQ(sps->height, 48U);
    EXPECT_DOUBLE_EQ(sps->fps, 60000.0 / 1001);
}

TEST(HevcSps, IsStillGoodForItsSizeWhenTheRestIsDamaged)
{
    Bits bits;
    add_head(bits);
    bits.ue(100);
    const auto sps = parse_hevc_sps(bits.bytes());
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->width, 64U);
    EXPECT_EQ(sps->fps, 0);
}

TEST(HevcSps, RefusesOtherNalUnitsAndImpossiblePictures)
{
    EXPECT_EQ(parse_hevc_sps({}).error().code, Errc::truncated);
    const std::vector<std::uint8_t> vps{0x40, 0x01, 0x0c, 0x01};
    EXPECT_EQ(parse_hevc_sps(vps).error().code, Errc::malformed);
    const auto sized = [](std::uint32_t width) {
        Bits bits;
        bits.u(16, 33 << 9 | 1).u(4, 0).u(3, 0).u(1, 1).u(48, 0).u(48, 0);
        bits.ue(0).ue(1).ue(width).ue(48).u(1, 0).ue(0).ue(0).u(16, 0);
        return parse_hevc_sps(bits.bytes());
    };
    EXPECT_TRUE(sized(16888));
    EXPECT_EQ(sized(16889).error().code, Errc::malformed);
    EXPECT_EQ(sized(0).error().code, Errc::malformed);
}

TEST(HevcConfig, BorrowsItsParameterSets)
{
    const auto record = samples::bytes(sample().hex);
    const auto config = parse_hevc_config(record);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->nal_length_size, 4);
    EXPECT_EQ(config->vps[0] >> 1, 32);
    EXPECT_EQ(config->sps[0] >> 1, 33);
    EXPECT_EQ(config->pps[0] >> 1, 34);
    EXPECT_EQ(config->profile, parse_hevc_sps(config->sps)->profile);
}

TEST(HevcConfig, RefusesDamage)
{
    auto record = samples::bytes(sample().hex);
    EXPECT_EQ(parse_hevc_config(std::span(record).first(40)).error().code, Errc::truncated);
    record[0] = 2;
    EXPECT_EQ(parse_hevc_config(record).error().code, Errc::malformed);
    record[0] = 1;
    record[22] = 0;
    EXPECT_EQ(parse_hevc_config(record).error().code, Errc::malformed);
}

TEST(HevcCodecString, LeavesOutTrailingZeroConstraints)
{
    const HevcProfile main{.profile = 1, .compatibility = 0x60000000, .level = 93};
    EXPECT_EQ(hevc_codec_string(main), "hvc1.1.6.L93");
    auto other = main;
    other.space = 1;
    other.high_tier = true;
    other.constraints = {0xb0, 0, 1};
    EXPECT_EQ(hevc_codec_string(other), "hvc1.A1.6.H93.B0.0.1");
}

}  // namespace
}  // namespace sluice::codec
