#include "channel_record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "channel_schema.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

std::int64_t expiry_of(const json& expires_at)
{
    auto stored = complete(channel_rule(), {{"id", "a"}});
    stored["version"] = 1;
    stored["expires_at"] = expires_at;
    return to_record(stored).expires_at_s;
}

TEST(ChannelRecord, AnExpiryThatCannotBeReadIsPastNotNever)
{
    EXPECT_EQ(expiry_of(nullptr), 0);
    EXPECT_EQ(expiry_of("2022-12-09T00:00:00Z"), 1670544000);
    EXPECT_EQ(expiry_of("1960-01-01T00:00:00Z"), 1);
    EXPECT_EQ(expiry_of("-001-12-31T23:00:00Z"), 1);
    EXPECT_EQ(expiry_of("10000-01-01T00:59:59Z"), 1);
}

TEST(ChannelRecord, SaysThatSomebodyIsAskedButNotWho)
{
    auto stored = complete(channel_rule(), {{"id", "a"},
                                            {"ingest",
                                             {{"authorise_url", "http://callback.test/"},
                                              {"authorise_timeout_ms", 700},
                                              {"authorise_on_failure", "allow"}}}});
    stored["version"] = 1;
    const auto record = to_record(stored);
    EXPECT_EQ(record.ingest.authorise, (channel::Authorise{700, true}));
    EXPECT_EQ(record.playback.authorise, std::nullopt);
    const auto bytes = channel::encode(record);
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()).find("callback.test"), std::string::npos);
}

TEST(ChannelRecord, AChannelOfAnEarlierReleaseAsksNobody)
{
    auto stored = complete(channel_rule(), {{"id", "a"}});
    stored["version"] = 1;
    for (const auto* name : {"authorise_url", "authorise_timeout_ms", "authorise_on_failure"}) {
        stored["ingest"].erase(name);
        stored["playback"].erase(name);
    }
    EXPECT_EQ(to_record(stored).ingest.authorise, std::nullopt);
    EXPECT_EQ(to_record(stored).playback.authorise, std::nullopt);
}

}  // namespace
}  // namespace sluice::control
