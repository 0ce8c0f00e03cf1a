#include "core/codec/avc.hpp"

#include <gtest/gtest.h>

#include "core/codec/test_bits.hpp"
#include "core/codec/test_samples.hpp"

namespace sluice::codec {
namespace {

using samples::Bits;

/// From pic_order_cnt_type to the cropping flag, for 2 × 2 macroblocks.
void add_small_picture(Bits& bits)
{
    bits.ue(2).ue(1).u(1, 0).ue(1).ue(1).u(1, 1).u(1, 1).u(1, 0);
}

TEST(AvcSps, PassesOverScalingLists)
{
    Bits bits;
    bits.u(8, 0x67).u(8, 100).u(8, 0).u(8, 31).ue(0);
    bits.ue(1).ue(0).ue(0).u(1, 0);  // 4:2:0, 8 bits
    bits.u(1, 1);                    // eight lists follow
    bits.u(1, 1);
    for (int i = 0; i < 16; ++i) bits.se(i % 2 == 0 ? 1 : -1);
    bits.u(1, 1).se(-8);  // the default list: nothing more is written
    bits.u(6, 0);
    bits.ue(0);
    add_small_picture(bits);
    bits.u(1, 0).u(8, 0x80);
    const auto sps = parse_avc_sps(bits.bytes());
    ASSERT_TRUE(sps) << sps.error().where;
    EXPECT_EQ(sps->width, 32U);
    EXPECT_EQ(sps->height, 32U);
    EXPECT_EQ(sps->fps, 0);
}

TEST(AvcSps, PassesOverPictureOrderCycles)
{
    Bits bits;
    bits.u(8, 0x67).u(8, 77).u(8, 0).u(8, 31).ue(0).ue(0);
    bits.ue(1).u(1, 0).se(-3).se(2).ue(3).se(1).se(-1).se(0);
    bits.ue(1).u(1, 0).ue(3).ue(1).u(1, 1).u(1, 1).u(1, 0).u(1, 0);
    const auto sps = parse_avc_sps(bits.bytes());
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->width, 64U);
    EXPECT_EQ(sps->height, 32U);
}

TEST(AvcSps, RefusesAPictureThatIsCroppedAwayOrTooLarge)
{
    const auto sps = [](std::uint32_t columns, std::uint32_t cut) {
        Bits bits;
        bits.u(8, 0x67).u(8, 77).u(8, 0).u(8, 31).ue(0).ue(0).ue(2).ue(1).u(1, 0);
        bits.ue(columns - 1).ue(1).u(1, 1).u(1, 1).u(1, 1).ue(cut).ue(0).ue(0).ue(0).u(9, 0);
        return parse_avc_sps(bits.bytes());
    };
    EXPECT_TRUE(sps(2, 15));
    EXPECT_EQ(sps(2, 16).error().code, Errc::malformed);
    EXPECT_EQ(sps(2, 0xfffffffe).error().code, Errc::malformed);
    EXPECT_TRUE(sps(1024, 0));
    EXPECT_EQ(sps(1025, 0).error().code, Errc::malformed);
}

TEST(AvcSps, BoundsTheHeightOfInterlacedPicturesByFrames)
{
    const auto sps = [](std::uint32_t rows_of_a_field) {
        Bits bits;
        bits.u(8, 0x67).u(8, 77).u(8, 0).u(8, 31).ue(0).ue(0).ue(2).ue(1).u(1, 0);
        bits.ue(1).ue(rows_of_a_field - 1).u(1, 0).u(2, 0).u(1, 0).u(9, 0);
        return parse_avc_sps(bits.bytes());
    };
    ASSERT_TRUE(sps(512));
    EXPECT_EQ(sps(512)->height, 16384U);
    EXPECT_EQ(sps(513).error().code, Errc::malformed);
}

TEST(AvcSps, RefusesOtherNalUnits)
{
    const std::vector<std::uint8_t> pps{0x68, 0xeb, 0xe3, 0xcb};
    EXPECT_EQ(parse_avc_sps(pps).error().code, Errc::malformed);
    EXPECT_EQ(parse_avc_sps({}).error().code, Errc::truncated);
}

TEST(AvcConfig, BorrowsItsParameterSets)
{
    const auto record = samples::bytes(samples::video[1].hex);
    const auto config = parse_avc_config(record);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->nal_length_size, 4);
    EXPECT_EQ(config->sps.data(), record.data() + 8);
    EXPECT_EQ(config->sps.size(), 25U);
    EXPECT_EQ(config->pps.size(), 5U);
}

TEST(AvcConfig, RefusesDamage)
{
    auto record = samples::bytes(samples::video[1].hex);
    record[0] = 0;
    EXPECT_EQ(parse_avc_config(record).error().code, Errc::malformed);
    record[0] = 1;
    record[4] = 0xfe;  // length size 3
    EXPECT_EQ(parse_avc_config(record).error().code, Errc::malformed);
    EXPECT_EQ(parse_avc_config(std::span(record).first(20)).error().code, Errc::truncated);
    const std::vector<std::uint8_t> none{1, 77, 0, 31, 0xff, 0xe0, 0};
    EXPECT_EQ(parse_avc_config(none).error().code, Errc::malformed);
}

TEST(AvcProfile, IsNamedAfterItsConstraints)
{
    EXPECT_EQ(avc_profile_name(66, 0x40), "Constrained Baseline");
    EXPECT_EQ(avc_profile_name(66, 0), "Baseline");
    EXPECT_EQ(avc_profile_name(110, 0x10), "High 10 Intra");
    EXPECT_EQ(avc_profile_name(1, 0), "");
}

}  // namespace
}  // namespace sluice::codec
