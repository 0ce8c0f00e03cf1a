#include "channel_name.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

TEST(ChannelNameTest, IsTheMemberOfTheDocumentItself)
{
    EXPECT_EQ(channel_name(R"({"a":{"name":"inner"},"b":["name"],"name":"outer","z":1})"), "outer");
    EXPECT_EQ(channel_name(R"({"name":"é \"quoted\""})"), "é \"quoted\"");
}

TEST(ChannelNameTest, IsEmptyWhereThereIsNone)
{
    for (const auto* document : {"", "{}", "[]", R"({"name":7})", R"({"name":{"name":"x"}})",
                                 R"({"name":null})", R"({"a":{"name":"inner"}})", R"({"na)"}) {
        EXPECT_EQ(channel_name(document), "") << document;
    }
}

}  // namespace
}  // namespace sluice::control
