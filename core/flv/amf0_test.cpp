#include "core/flv/amf0.hpp"

#include <gtest/gtest.h>

namespace sluice::flv::amf0 {
namespace {

using Bytes = std::vector<std::uint8_t>;

Result<Value> decode_all(const Bytes& bytes)
{
    ByteReader r(bytes);
    return decode(r);
}

Bytes encoded(const Value& value)
{
    Bytes out;
    ByteWriter w(out);
    encode(w, value);
    return out;
}

Object object(std::vector<Property> properties)
{
    Object out;
    out.properties = std::move(properties);
    return out;
}

EcmaArray array(std::vector<Property> properties)
{
    EcmaArray out;
    out.properties = std::move(properties);
    return out;
}

struct Case {
    const char* name;
    Bytes bytes;
    Value value;
};

const std::vector<Case> kCases{
    {"number", {0, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, {1.5}},
    {"boolean", {1, 1}, {true}},
    {"string", {2, 0, 2, 'h', 'i'}, {std::string("hi")}},
    {"empty string", {2, 0, 0}, {std::string()}},
    {"null", {5}, {Null{}}},
    {"undefined", {6}, {Undefined{}}},
    {"date", {11, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xc4}, {Date{2.0, -60}}},
    {"empty object", {3, 0, 0, 9}, {object({})}},
    {"object in an object",
     {3, 0, 1, 'a', 3, 0, 1, 'b', 5, 0, 0, 9, 0, 0, 9},
     {object({{"a", {object({{"b", {Null{}}}})}}})}},
    {"property without a name", {3, 0, 0, 5, 0, 0, 9}, {object({{"", {Null{}}}})}},
    {"ecma array", {8, 0, 0, 0, 1, 0, 1, 'a', 1, 0, 0, 0, 9}, {array({{"a", {false}}})}},
    {"strict array",
     {10, 0, 0, 0, 2, 5, 2, 0, 1, 'x'},
     {StrictArray{{{Null{}}, {std::string("x")}}}}},
};

TEST(Amf0, DecodesAndEncodesEveryType)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        const auto got = decode_all(c.bytes);
        ASSERT_TRUE(got) << got.error().where;
        EXPECT_EQ(*got, c.value);
        EXPECT_EQ(encoded(c.value), c.bytes);
    }
}

TEST(Amf0, IsTruncatedWhenAnyByteIsMissing)
{
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.name);
        for (std::size_t size = 0; size < c.bytes.size(); ++size) {
            ByteReader r(std::span(c.bytes).first(size));
            const auto got = decode(r);
            ASSERT_FALSE(got) << size;
            EXPECT_EQ(got.error().code, Errc::truncated) << size;
        }
    }
}

TEST(Amf0, LeavesTheReaderBehindTheValue)
{
    const Bytes bytes{5, 1, 1, 0xee};
    ByteReader r(bytes);
    ASSERT_TRUE(decode(r));
    ASSERT_TRUE(decode(r));
    EXPECT_EQ(r.offset(), 3U);
}

TEST(Amf0, DoesNotBelieveTheCountOfAnEcmaArray)
{
    const auto got = decode_all({8, 0xff, 0xff, 0xff, 0xff, 0, 1, 'a', 5, 0, 0, 9});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->object()->properties.size(), 1U);
}

TEST(Amf0, UsesLongStringsOnlyWhenItMust)
{
    const Value longest_short{std::string(0xffff, 'a')};
    const Value shortest_long{std::string(0x10000, 'a')};
    EXPECT_EQ(encoded(longest_short)[0], 2);
    EXPECT_EQ(encoded(shortest_long)[0], 12);
    EXPECT_EQ(decode_all(encoded(longest_short)), longest_short);
    EXPECT_EQ(decode_all(encoded(shortest_long)), shortest_long);
}

TEST(Amf0, RefusesTypesThatNobodySendsInMetadata)
{
    for (const std::uint8_t marker : {0x04, 0x07, 0x0d, 0x0e, 0x0f, 0x10, 0x11}) {
        EXPECT_EQ(decode_all({marker, 0, 0}).error().code, Errc::unsupported) << int{marker};
    }
    EXPECT_EQ(decode_all({0x09}).error().code, Errc::unsupported);
    EXPECT_EQ(decode_all({0x12}).error().code, Errc::malformed);
}

TEST(Amf0, BoundsTheDepth)
{
    const auto nested = [](unsigned depth) {
        Bytes bytes;
        for (unsigned i = 0; i < depth; ++i) bytes.insert(bytes.end(), {10, 0, 0, 0, 1});
        bytes.push_back(5);
        return bytes;
    };
    EXPECT_TRUE(decode_all(nested(kMaxDepth)));
    EXPECT_EQ(decode_all(nested(kMaxDepth + 1)).error().code, Errc::limit);
}

TEST(Amf0, BoundsTheNumberOfValues)
{
    const auto nulls = [](std::uint32_t count) {
        Bytes bytes{10, 0, 0, static_cast<std::uint8_t>(count >> 8),
                    static_cast<std::uint8_t>(count)};
        bytes.resize(bytes.size() + count, 5);
        return bytes;
    };
    EXPECT_TRUE(decode_all(nulls(kMaxElements - 1)));
    EXPECT_EQ(decode_all(nulls(kMaxElements)).error().code, Errc::limit);
}

}  // namespace
}  // namespace sluice::flv::amf0
