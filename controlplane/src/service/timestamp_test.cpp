#include "timestamp.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

TEST(Timestamp, ReadsWhatRfc3339Allows)
{
    EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_timestamp("2022-12-09T00:00:00Z"), 1670544000);
    EXPECT_EQ(parse_timestamp("2022-12-09t01:00:00.123456+01:00"), 1670544000);
    EXPECT_EQ(parse_timestamp("2022-12-08 19:30:00-04:30"), 1670544000);
    EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00Z"), 1709208000);
}

TEST(Timestamp, RefusesEverythingElse)
{
    for (const auto* text : {"", "2022-12-09", "2022-12-09T00:00:00", "2022-13-01T00:00:00Z",
                             "2023-02-29T00:00:00Z", "2022-12-09T24:00:00Z", "2022-12-09T00:60:00Z",
                             "2022-12-09T00:00:00.Z", "2022-12-09T00:00:00Zx", "22-12-09T00:00:00Z",
                             "2022-12-09T00:00:00+0100", "2022-12-09T00:00:00+25:00", "tomorrow",
                             "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

TEST(Timestamp, WritesWhatItReads)
{
    for (const auto* text : {"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2022-12-09T01:02:03Z",
                             "2100-01-01T00:00:00Z"}) {
        const auto seconds = parse_timestamp(text);
        ASSERT_TRUE(seconds) << text;
        EXPECT_EQ(format_timestamp(*seconds), text);
    }
}

}  // namespace
}  // namespace sluice::control
