#include "channel_id.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace sluice::auth {
namespace {

TEST(ChannelId, EveryVectorIsJudgedAsWritten)
{
    std::ifstream file(SLUICE_TEST_VECTORS "/channel_ids.json");
    const auto vectors = nlohmann::json::parse(file);
    for (const std::string id : vectors.at("good")) EXPECT_TRUE(is_channel_id(id)) << id;
    for (const std::string id : vectors.at("bad")) EXPECT_FALSE(is_channel_id(id)) << id;
}

TEST(ChannelId, OfAllSingleBytesOnlyLettersDigitsAndUnderscorePass)
{
    std::string passed;
    for (int c = 0; c < 256; ++c) {
        const char byte = static_cast<char>(c);
        if (is_channel_id({&byte, 1})) passed += byte;
    }
    EXPECT_EQ(passed, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
}

}  // namespace
}  // namespace sluice::auth
