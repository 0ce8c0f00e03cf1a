#include "core/codec/av1.hpp"

#include <gtest/gtest.h>

#include "core/codec/test_bits.hpp"

namespace sluice::codec {
namespace {

using samples::Bits;

TEST(Av1Sequence, KnowsTheRateOfEqualIntervals)
{
    Bits bits;
    bits.u(3, 1).u(1, 0).u(1, 0);
    bits.u(1, 1).u(32, 1001).u(32, 120000).u(1, 1).ue(1);  // timing: two ticks a picture
    bits.u(1, 1).u(5, 9).u(32, 1).u(5, 9).u(5, 9);         // decoder model with ten-bit delays
    bits.u(1, 1).u(5, 1);                                  // display delays, two operating points
    bits.u(12, 0).u(5, 13).u(1, 1).u(1, 1).u(21, 0).u(1, 1).u(4, 9);
    bits.u(12, 1).u(5, 7).u(1, 0).u(1, 0);
    bits.u(4, 11).u(4, 10).u(12, 3839).u(11, 1599);
    const auto sequence = parse_av1_sequence(bits.bytes());
    ASSERT_TRUE(sequence) << sequence.error().where;
    EXPECT_EQ(sequence->profile, 1);
    EXPECT_EQ(sequence->level, 13);
    EXPECT_TRUE(sequence->high_tier);
    EXPECT_EQ(sequence->width, 3840U);
    EXPECT_EQ(sequence->height, 1600U);
    EXPECT_DOUBLE_EQ(sequence->fps, 60000.0 / 1001);
}

TEST(Av1Sequence, ReadsTheReducedHeaderOfAStillPicture)
{
    Bits bits;
    bits.u(3, 0).u(2, 3).u(5, 4).u(4, 6).u(4, 5).u(7, 99).u(6, 49);
    const auto sequence = parse_av1_sequence(bits.bytes());
    ASSERT_TRUE(sequence);
    EXPECT_EQ(sequence->level, 4);
    EXPECT_EQ(sequence->width, 100U);
    EXPECT_EQ(sequence->height, 50U);
}

TEST(Av1Sequence, RefusesReservedProfilesAndShortHeaders)
{
    EXPECT_EQ(parse_av1_sequence(Bits().u(3, 3).u(32, 0).bytes()).error().code, Errc::malformed);
    EXPECT_EQ(parse_av1_sequence(Bits().u(5, 1).u(32, 0).bytes()).error().code, Errc::malformed);
    EXPECT_EQ(parse_av1_sequence({}).error().code, Errc::truncated);
}

TEST(Av1Config, TakesARecordWithoutASequenceHeader)
{
    const std::vector<std::uint8_t> record{0x81, 0x4d, 0xe0, 0x00};
    const auto config = parse_av1_config(record);
    ASSERT_TRUE(config);
    EXPECT_FALSE(config->sequence);
    EXPECT_EQ(av1_codec_string(*config), "av01.2.13H.12");
}

TEST(Av1Config, TakesTheDescriptorOfATransportStream)
{
    const std::vector<std::uint8_t> descriptor{0x80, 0x04, 0x81, 0x05, 0x0c, 0x00};
    const auto config = parse_av1_config(descriptor);
    ASSERT_TRUE(config);
    EXPECT_EQ(av1_codec_string(*config), "av01.0.05M.08");
}

TEST(Av1Config, FindsTheSequenceHeaderBehindOtherUnits)
{
    std::vector<std::uint8_t> record{0x81, 0, 0x0c, 0, 0x12, 0x00, 0x2e, 0xff, 0x01, 0xaa, 0x0a};
    const auto sequence = Bits().u(3, 0).u(2, 3).u(5, 4).u(4, 6).u(4, 5).u(7, 99).u(6, 49).bytes();
    record.push_back(static_cast<std::uint8_t>(sequence.size()));
    record.insert(record.end(), sequence.begin(), sequence.end());
    const auto config = parse_av1_config(record);
    ASSERT_TRUE(config) << config.error().where;
    ASSERT_TRUE(config->sequence);
    EXPECT_EQ(config->sequence->width, 100U);
}

TEST(Av1Config, RefusesDamage)
{
    using Bytes = std::vector<std::uint8_t>;
    EXPECT_EQ(parse_av1_config(Bytes{0x81, 0}).error().code, Errc::truncated);
    EXPECT_EQ(parse_av1_config(Bytes{0x01, 0, 0, 0}).error().code, Errc::malformed);
    EXPECT_EQ(parse_av1_config(Bytes{0x81, 0, 0, 0, 0x8a}).error().code, Errc::malformed);
    EXPECT_EQ(parse_av1_config(Bytes{0x81, 0, 0, 0, 0x0a, 9, 0}).error().code, Errc::truncated);
    EXPECT_EQ(parse_av1_config(
                  Bytes{0x81, 0, 0, 0, 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0})
                  .error()
                  .code,
              Errc::truncated);
}

}  // namespace
}  // namespace sluice::codec
