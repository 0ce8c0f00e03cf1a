#include "core/base/bit_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(BitReader, ReadsAcrossBytes)
{
    const Bytes in{0b1010'0101, 0b1100'0011, 0xff, 0xff, 0xff};
    BitReader r(in);
    EXPECT_EQ(r.u(3), 0b101U);
    EXPECT_EQ(r.u(7), 0b0010111U);
    EXPECT_TRUE(!r.flag());
    EXPECT_EQ(r.bits_left(), 29U);
    EXPECT_EQ(r.u(29), 0b0'0011'1111'1111'1111'1111'1111'1111U);
    EXPECT_TRUE(r.ok());
    EXPECT_EQ(r.u(0), 0U);
    EXPECT_TRUE(r.ok());
}

TEST(BitReader, ReadsAllThirtyTwoBits)
{
    const Bytes in{0xde, 0xad, 0xbe, 0xef};
    EXPECT_EQ(BitReader(in).u(32), 0xdeadbeefU);
}

TEST(BitReader, YieldsZeroForGoodPastTheEnd)
{
    const Bytes in{0xff};
    BitReader r(in);
    EXPECT_EQ(r.u(9), 0U);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.u(1), 0U);
    EXPECT_EQ(r.ue(), 0U);
    EXPECT_EQ(r.bits_left(), 0U);
}

TEST(BitReader, ReadsExpGolombCodes)
{
    // 1 010 011 00100 00101 and padding
    const Bytes in{0b1010'0110, 0b0100'0010, 0b1000'0000};
    BitReader unsigned_codes(in);
    for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(unsigned_codes.ue(), i);
    BitReader signed_codes(in);
    for (const std::int32_t value : {0, 1, -1, 2, -2}) EXPECT_EQ(signed_codes.se(), value);
}

TEST(BitReader, ReadsTheLongestExpGolombCodeAndRefusesLongerOnes)
{
    Bytes longest{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};
    EXPECT_EQ(BitReader(longest).ue(), 0xfffffffeU);
    const Bytes longer{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff};
    BitReader r(longer);
    EXPECT_EQ(r.ue(), 0U);
    EXPECT_FALSE(r.ok());
}

TEST(BitReader, SkipsFarAndAligns)
{
    Bytes in(20);
    in[15] = 0x0f;
    in[16] = 0x42;
    BitReader r(in);
    r.skip(124);
    EXPECT_EQ(r.u(2), 3U);
    r.align();
    EXPECT_EQ(r.u(8), 0x42U);
    r.skip(1000);
    EXPECT_FALSE(r.ok());
}

TEST(RbspReader, DropsEmulationPreventionBytes)
{
    const Bytes in{1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3};
    RbspReader r(in);
    EXPECT_EQ(r.u(32), 0x01000001U);
    EXPECT_EQ(r.u(32), 0x00000000U);
    EXPECT_EQ(r.u(8), 3U);
    EXPECT_TRUE(r.ok());
    r.u(1);
    EXPECT_FALSE(r.ok());
}

TEST(RbspReader, EndsAtATrailingEmulationPreventionByte)
{
    const Bytes in{0, 0, 3};
    RbspReader r(in);
    EXPECT_EQ(r.u(16), 0U);
    EXPECT_TRUE(r.ok());
    r.u(8);
    EXPECT_FALSE(r.ok());
}

TEST(BitReader, LeavesThreesAlone)
{
    const Bytes in{0, 0, 3, 1};
    EXPECT_EQ(BitReader(in).u(32), 0x00000301U);
}

}  // namespace
}  // namespace sluice
