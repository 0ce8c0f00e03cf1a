#include "settings_schema.hpp"

#include <gtest/gtest.h>

#include "openapi_fields.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

TEST(SettingsSchema, OpenapiSaysTheSameAboutEveryField)
{
    const auto documented = documented_fields("Settings");
    std::map<std::string, std::string> known;
    collect(settings_rule(), "", known);
    ASSERT_GT(known.size(), 15U);
    // What the machine decides has no default in writing.
    for (const auto* name : {"workers", "limits.worker_connections"}) {
        auto& text = known.at(name);
        text.erase(text.find(", default:"));
    }
    for (const auto& [name, text] : known) {
        ASSERT_TRUE(documented.contains(name)) << name << " is not in openapi.yaml";
        EXPECT_TRUE(documented.at(name).starts_with(text))
            << name << "\n  openapi.yaml: " << documented.at(name) << "\n  the code:     " << text;
    }
    for (const auto& [name, text] : documented) {
        EXPECT_TRUE(known.contains(name)) << name << " is in openapi.yaml only";
    }
}

class HostSetting : public testing::TestWithParam<const char*> {};

TEST_P(HostSetting, IsOneThatAddressesCanBeMadeOf)
{
    const std::string name = GetParam();
    for (const auto* good :
         {"tv.example.com", "localhost", "192.0.2.1", "2001:db8::1", "[2001:db8::1]"}) {
        EXPECT_TRUE(checked_settings({{name, good}})) << good;
    }
    for (const auto* bad :
         {"]]", "[", "[x]", "..", "a:80", "[::1]:80", "http://x", "a b", ":", "1:2"}) {
        const auto checked = checked_settings({{name, bad}});
        ASSERT_FALSE(checked) << bad;
        EXPECT_EQ(checked.error().fields.front().field, name);
    }
}

INSTANTIATE_TEST_SUITE_P(Fields, HostSetting,
                         testing::Values("public_host", "push_host", "pull_host"));

}  // namespace
}  // namespace sluice::control
