#include "channel_document.hpp"

#include <gtest/gtest.h>

#include "channel_schema.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

json whole_channel()
{
    auto channel = complete(channel_rule(), {{"id", "a"}, {"ingest", {{"key", "k1"}}}});
    channel["created_at"] = channel["updated_at"] = "2026-01-01T00:00:00Z";
    return channel;
}

/// As it was stored before there was `health`, anybody to ask, or a choice for relays.
store::Entry stored_by_an_earlier_release()
{
    auto channel = whole_channel();
    channel.erase("health");
    channel["watermark"].erase("on_failure");
    channel["relays"] = {{{"url", "rtmp://a.example/x"}, {"enabled", true}, {"source", "raw"}}};
    for (const auto* part : {"ingest", "playback"}) {
        for (const auto* name :
             {"authorise_url", "authorise_timeout_ms", "authorise_on_failure", "authorise_cache_s"})
            channel[part].erase(name);
    }
    return {.key = "channels/a", .value = to_stored(channel), .version = 3};
}

TEST(ChannelDocument, ComesBackAsItWasStored)
{
    const store::Entry entry{
        .key = "channels/a", .value = to_stored(whole_channel()), .version = 3};
    auto wanted = whole_channel();
    wanted["version"] = 3;
    EXPECT_EQ(*from_stored(entry), wanted);
    EXPECT_EQ(json::parse(*shown_text(entry)), without_secrets(channel_rule(), wanted));
}

TEST(ChannelDocument, OfAnEarlierReleaseGetsTheMembersItLacks)
{
    const auto entry = stored_by_an_earlier_release();
    const auto preset = complete(channel_rule(), json::object()).at("health");
    EXPECT_EQ(from_stored(entry)->at("health"), preset);
    EXPECT_EQ(from_stored(entry)->at("ingest").at("key"), "k1");
    const auto shown = json::parse(*shown_text(entry));
    EXPECT_EQ(shown.at("health"), preset);
    EXPECT_FALSE(shown.at("ingest").contains("key"));
    EXPECT_EQ(shown.at("ingest").at("authorise_url"), nullptr);
    EXPECT_EQ(shown.at("playback").at("authorise_cache_s"), 10);
    EXPECT_EQ(shown.at("relays").at(0).at("hevc"), "refuse");
    EXPECT_EQ(preset.at("max_keyframe_interval_s"), 10);
}

}  // namespace
}  // namespace sluice::control
