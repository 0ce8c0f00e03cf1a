#include "webhooks.hpp"

#include <gtest/gtest.h>

#include "../store/schema.hpp"
#include "openapi_fields.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

struct WebhooksTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    bool allow_private = true;
    Webhooks webhooks{*store, journal, [this] { return allow_private; }};
    Caller by{.id = "t", .scope = Scope::admin};

    std::string field_of(const json& body)
    {
        const auto made = webhooks.create(by, body);
        return made ? "" : made.error().fields.at(0).field;
    }
};

TEST_F(WebhooksTest, ASecretIsAnsweredOnceAndShownNowhere)
{
    const auto made = *webhooks.create(by, {{"url", "https://example.com/x"}});
    const auto secret = made.webhook.at("secret").get<std::string>();
    EXPECT_TRUE(secret.starts_with("whsec_"));
    const auto id = made.webhook.at("id").get<std::string>();
    const auto read = webhooks.get(id)->webhook;
    EXPECT_FALSE(read.contains("secret"));
    EXPECT_EQ(read.at("secrets").size(), 1U);
    EXPECT_EQ(read.at("events"), json({"*"}));
    EXPECT_EQ(read.at("version"), made.version);
    const auto audit = store->list(store::schema::kAudit, "", 10)->items;
    EXPECT_EQ(audit.back().value.find(secret), std::string::npos);
    EXPECT_EQ(webhooks.list(10, "")->dump().find(secret), std::string::npos);
}

TEST_F(WebhooksTest, TwoSecretsLiveUntilTheNextRotationOrOneIsDropped)
{
    const auto id = webhooks.create(by, {{"url", "http://a"}})->webhook.at("id").get<std::string>();
    const auto live = [&] {
        std::vector<std::string> secrets;
        const auto all = *webhooks.all();
        for (const auto& item : all.at(0).document.at("~secrets")) {
            secrets.push_back(item.at("secret"));
        }
        return secrets;
    };
    const auto first = live().at(0);
    const auto second =
        webhooks.rotate_secret(by, id, json::object(), {})->webhook.at("secret").get<std::string>();
    EXPECT_EQ(live(), (std::vector<std::string>{second, first}));
    const std::string own = "0123456789abcdefg";
    EXPECT_TRUE(webhooks.rotate_secret(by, id, {{"secret", own}}, {}));
    EXPECT_EQ(live(), (std::vector<std::string>{own, second}));
    EXPECT_TRUE(webhooks.rotate_secret(by, id, {{"drop_old", true}}, {}));
    EXPECT_EQ(live().size(), 1U);
    EXPECT_FALSE(webhooks.rotate_secret(by, id, {{"secret", "short"}}, {}));
}

TEST_F(WebhooksTest, AWrongFieldIsNamed)
{
    EXPECT_EQ(field_of(json::object()), "url");
    for (const auto* url : {"ftp://x", "http://", "http://u:p@x/", "http://169.254.169.254/",
                            "http://[fe80::1]/", "http://0x7f.1 /", "http://2852039166/"}) {
        EXPECT_EQ(field_of({{"url", url}}), "url") << url;
    }
    EXPECT_EQ(field_of({{"url", "http://x"}, {"events", {"stream"}}}), "events[0]");
    EXPECT_EQ(field_of({{"url", "http://x"}, {"timeout_ms", 99}}), "timeout_ms");
    EXPECT_EQ(field_of({{"url", "http://x"}, {"what", 1}}), "what");
    EXPECT_EQ(field_of({{"url", "http://127.0.0.1:80/"}}), "");
    allow_private = false;
    EXPECT_EQ(field_of({{"url", "http://127.0.0.1:80/"}}), "url");
}

TEST_F(WebhooksTest, AnEnabledOneBeginsAtTheNewestEventAndADisabledOneForgetsItsPlace)
{
    ASSERT_TRUE(journal.record({"x.y", "", 1}));
    const auto id = webhooks.create(by, {{"url", "http://a"}})->webhook.at("id").get<std::string>();
    const auto state = [&] { return *store->get(store::schema::webhook_state(id)); };
    EXPECT_EQ(json::parse(state()->value).at("cursor"), 1);
    ASSERT_TRUE(webhooks.disable(id, "gone"));
    EXPECT_FALSE(state());
    EXPECT_FALSE(webhooks.get(id)->webhook.at("enabled").get<bool>());
    EXPECT_EQ(journal.after(1, 1)->at(0).at("type"), "webhook.disabled");
    ASSERT_TRUE(webhooks.patch(by, id, {{"enabled", true}}, {}));
    EXPECT_EQ(json::parse(state()->value).at("cursor"), 2);
    ASSERT_TRUE(webhooks.remove(by, id, {}));
    EXPECT_FALSE(state());
    EXPECT_EQ(webhooks.get(id).error().code, Errc::not_found);
}

TEST_F(WebhooksTest, AnOldVersionIsRefused)
{
    const auto made = *webhooks.create(by, {{"url", "http://a"}});
    const auto id = made.webhook.at("id").get<std::string>();
    const IfMatch first{.any = false, .versions = {made.version}};
    const auto changed = webhooks.patch(by, id, {{"name", "x"}}, first);
    ASSERT_TRUE(changed);
    EXPECT_EQ(webhooks.get(id)->version, changed->version);
    EXPECT_EQ(webhooks.replace(by, id, {{"url", "http://b"}}, first).error().code,
              Errc::precondition);
    EXPECT_EQ(webhooks.patch(by, id, {{"secret", "0123456789abcdef"}}, {}).error().fields[0].field,
              "secret");
    EXPECT_EQ(webhooks.all()->at(0).document.at("~secrets").size(), 1U);
}

TEST_F(WebhooksTest, OpenapiSaysTheSameAboutEveryField)
{
    const auto documented = documented_fields("Webhook");
    std::map<std::string, std::string> known;
    collect(webhook_rule(), "", known);
    for (const auto& [name, text] : known) {
        ASSERT_TRUE(documented.contains(name)) << name << " is not in openapi.yaml";
        const auto wanted = name == "channels" ? "{type: array, nullable: true" : text;
        EXPECT_TRUE(documented.at(name).starts_with(wanted)) << name << documented.at(name);
    }
    for (const auto& [name, text] : documented) EXPECT_TRUE(known.contains(name)) << name;
}

}  // namespace
}  // namespace sluice::control
