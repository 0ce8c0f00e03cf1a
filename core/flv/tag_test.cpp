#include "core/flv/tag.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::flv {
namespace {

struct Case {
    std::array<std::uint8_t, kTagHeaderSize> bytes;
    TagHeader header;
};

const std::vector<Case> kCases{
    {{8, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}, {TagType::audio, 4, 0}},
    {{9, 0x01, 0x02, 0x03, 0x22, 0x33, 0x44, 0x11, 0, 0, 0},
     {TagType::video, 0x010203, 0x11223344}},
    {{18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0},
     {TagType::script, kMaxTagSize, 0xffffffff}},
};

TEST(FlvTag, WritesAndReadsTheSameHeader)
{
    for (const auto& c : kCases) {
        std::array<std::uint8_t, kTagHeaderSize> out{};
        write_tag_header(out, c.header);
        EXPECT_EQ(out, c.bytes);
        const auto got = parse_tag_header(c.bytes);
        ASSERT_TRUE(got);
        EXPECT_EQ(*got, c.header);
    }
}

TEST(FlvTag, IsTruncatedBelowElevenBytes)
{
    for (std::size_t size = 0; size < kTagHeaderSize; ++size) {
        const auto got = parse_tag_header(std::span(kCases[1].bytes).first(size));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::truncated);
    }
}

TEST(FlvTag, RefusesOtherTypesAndEncryption)
{
    auto bytes = kCases[0].bytes;
    bytes[0] = 7;
    EXPECT_EQ(parse_tag_header(bytes).error().code, Errc::malformed);
    bytes[0] = 8 | 0x20;
    EXPECT_EQ(parse_tag_header(bytes).error().code, Errc::unsupported);
}

TEST(FlvTag, OpensAFileWithTheTracksItHas)
{
    const std::array<std::uint8_t, 13> both{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0};
    EXPECT_EQ(file_header(true, true), both);
    EXPECT_EQ(file_header(true, false)[4], 4);
    EXPECT_EQ(file_header(false, true)[4], 1);
}

}  // namespace
}  // namespace sluice::flv
