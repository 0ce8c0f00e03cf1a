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

TEST(ChannelRecord, an_expiry_that_cannot_be_read_is_past_not_never)
{
    EXPECT_EQ(expiry_of(nullptr), 0);
    EXPECT_EQ(expiry_of("2022-12-09T00:00:00Z"), 1670544000);
    EXPECT_EQ(expiry_of("1960-01-01T00:00:00Z"), 1);
    EXPECT_EQ(expiry_of("-001-12-31T23:00:00Z"), 1);
    EXPECT_EQ(expiry_of("10000-01-01T00:59:59Z"), 1);
}

}  // namespace
}  // namespace sluice::control
