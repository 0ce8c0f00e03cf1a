#include "resolved_renditions.hpp"

#include <gtest/gtest.h>

#include "channel_schema.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

ResolvedChannel resolved(const json& transcode)
{
    return with_renditions(complete(channel_rule(), {{"transcode", transcode}}),
                           [](const std::string& name) -> std::optional<json> {
                               if (name != "own") return std::nullopt;
                               return json{{"name", "own"}, {"width", 320}};
                           });
}

TEST(ResolvedRenditions, HaveTheirSettingsInThePlaceOfTheirNames)
{
    const auto done =
        resolved({{"renditions", {"own", "720p", "ld"}}, {"custom", {{{"name", "mine"}}}}});
    const auto& all = done.channel.at("transcode").at("renditions");
    std::vector<std::string> names;
    for (const auto& one : all) names.push_back(one.at("name"));
    EXPECT_EQ(names, (std::vector<std::string>{"ld", "hd", "own", "mine"}));
    EXPECT_EQ(all[1].at("width"), 1280);
    EXPECT_EQ(all[2].at("width"), 320);
    EXPECT_EQ(all[3].at("preset"), "veryfast");
    EXPECT_FALSE(done.channel.at("transcode").contains("custom"));
    EXPECT_TRUE(done.missing.empty());
}

TEST(ResolvedRenditions, OneThatIsNotThereCostsNoOther)
{
    const auto done = resolved({{"renditions", {"gone", "sd"}}});
    EXPECT_EQ(done.channel.at("transcode").at("renditions").size(), 1U);
    EXPECT_EQ(done.missing, std::vector<std::string>{"gone"});
}

}  // namespace
}  // namespace sluice::control
