#include "core/base/byte_writer.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

template <class Writer>
void write_everything(Writer& w)
{
    w.u8(1);
    w.u16(0x0203);
    w.u24(0xff040506);
    w.u32(0x0708090a);
    w.u64(0x0b0c0d0e0f101112);
    w.bytes(std::array<std::uint8_t, 2>{0x13, 0x14});
}

TEST(ByteWriter, AppendsBigEndianNumbers)
{
    std::vector<std::uint8_t> out{0};
    ByteWriter w(out);
    write_everything(w);
    ASSERT_EQ(out.size(), 21U);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i);
    EXPECT_EQ(w.size(), 21U);
}

TEST(SpanWriter, FillsASpanToItsLastByte)
{
    std::array<std::uint8_t, 20> out{};
    SpanWriter w(out);
    write_everything(w);
    EXPECT_TRUE(w.ok());
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i + 1);
}

TEST(SpanWriter, WritesNothingOfWhatDoesNotFit)
{
    std::array<std::uint8_t, 4> out{};
    SpanWriter w(std::span<std::uint8_t>{out}.first(3));
    w.u16(0x0102);
    w.u16(0x0304);
    w.u8(5);
    EXPECT_FALSE(w.ok());
    EXPECT_EQ(w.size(), 2U);
    EXPECT_EQ(out, (std::array<std::uint8_t, 4>{1, 2, 0, 0}));
}

}  // namespace
}  // namespace sluice
