#include "core/base/byte_reader.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice {
namespace {

constexpr std::array<std::uint8_t, 8> kBytes{0x81, 2, 3, 4, 5, 6, 7, 8};

TEST(ByteReader, ReadsBigEndianNumbersOfEverySize)
{
    EXPECT_EQ(ByteReader(kBytes).u8(), 0x81);
    EXPECT_EQ(ByteReader(kBytes).u16(), 0x8102);
    EXPECT_EQ(ByteReader(kBytes).u24(), 0x810203U);
    EXPECT_EQ(ByteReader(kBytes).u32(), 0x81020304U);
    EXPECT_EQ(ByteReader(kBytes).u64(), 0x8102030405060708U);
    EXPECT_EQ(ByteReader(kBytes).s24(), 0x810203 - 0x1000000);
}

TEST(ByteReader, YieldsZeroForGoodAfterTheFirstShortRead)
{
    ByteReader r(kBytes);
    r.skip(6);
    EXPECT_EQ(r.u24(), 0U);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.u8(), 0);
    EXPECT_TRUE(r.bytes(1).empty());
    EXPECT_EQ(r.offset(), 6U);
}

TEST(ByteReader, IsNotFooledByHugeSizes)
{
    ByteReader r(kBytes);
    r.skip(1);
    EXPECT_TRUE(r.bytes(SIZE_MAX).empty());
    EXPECT_FALSE(r.ok());
}

TEST(ByteReader, LendsBytesAndTheRest)
{
    ByteReader r(kBytes);
    EXPECT_EQ(r.bytes(2).data(), kBytes.data());
    EXPECT_EQ(r.rest().data(), kBytes.data() + 2);
    EXPECT_EQ(r.remaining(), 6U);
    r.skip(6);
    EXPECT_TRUE(r.ok());
    EXPECT_TRUE(r.rest().empty());
}

TEST(ByteReader, SaysWhereItFailed)
{
    ByteReader r(kBytes);
    r.skip(3);
    const Result<int> failed = r.fail(Errc::malformed, "test");
    EXPECT_EQ(failed.error().code, Errc::malformed);
    EXPECT_EQ(failed.error().offset, 3U);
}

}  // namespace
}  // namespace sluice
