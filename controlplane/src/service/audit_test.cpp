#include "audit.hpp"

#include <gtest/gtest.h>

#include "../store/schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control::audit {
namespace {

using nlohmann::json;

TEST(AuditTest, OnlyWhatDiffersIsKept)
{
    const json before{{"name", "a"}, {"ingest", {{"auth", "signed"}, {"key", "k"}}}, {"gone", 1}};
    const json after{{"name", "a"}, {"ingest", {{"auth", "open"}, {"key", "k"}}}, {"new", 2}};

    EXPECT_EQ(difference(before, after),
              json({{"ingest", {{"auth", "signed"}}}, {"gone", 1}, {"new", nullptr}}));
    EXPECT_EQ(difference(after, before),
              json({{"ingest", {{"auth", "open"}}}, {"new", 2}, {"gone", nullptr}}));
    EXPECT_EQ(changed_fields(before, after),
              (std::vector<std::string>{"gone", "ingest.auth", "new"}));
    EXPECT_TRUE(changed_fields(before, before).empty());
}

TEST(AuditTest, AWholeDocumentThatCameOrWentIsKept)
{
    const json document{{"name", "a"}};
    EXPECT_EQ(difference(document, nullptr), document);
    EXPECT_EQ(difference(nullptr, document), json());
}

TEST(AuditTest, AnEntrySaysWhoWhatAndFromWhereAndHoldsNoSecret)
{
    const TemporaryStore store;
    const auto rule =
        rules::object({{"ingest", rules::object({{"key", rules::text(1, 9).or_null().secret()}})}});
    const Caller by{.id = "t1", .scope = Scope::operator_, .name = "CI", .address = "192.0.2.7"};
    ASSERT_TRUE(store->commit({entry(by, {"channel.update",
                                          "demo",
                                          {{"ingest", {{"key", "old"}}}, {"version", 3}},
                                          {{"ingest", {{"key", "new"}}}, {"version", 4}},
                                          &rule})}));

    const auto page = *store->list(store::schema::kAudit, "", 10);

    ASSERT_EQ(page.items.size(), 1U);
    const auto record = json::parse(page.items[0].value);
    EXPECT_EQ(record["number"], 1);
    EXPECT_EQ(record["action"], "channel.update");
    EXPECT_EQ(record["target"], "demo");
    EXPECT_EQ(record["by"],
              json({{"kind", "token"}, {"id", "t1"}, {"name", "CI"}, {"scope", "operator"}}));
    EXPECT_EQ(record["address"], "192.0.2.7");
    EXPECT_EQ(record["before"]["ingest"]["key"], "(secret)");
    EXPECT_EQ(page.items[0].value.find("old"), std::string::npos);
    EXPECT_EQ(page.items[0].value.find("new"), std::string::npos);
}

TEST(AuditTest, AnAddressIsShownWithoutItsKey)
{
    const TemporaryStore store;
    const auto address = rules::object({{"url", rules::text(1, 99).with_secret()}});
    const auto rule = rules::object({{"relays", rules::list(address, 9)}});
    const json after{{"relays", {{{"url", "rtmp://u:pass@h.example/live/k3y"}}}}};
    ASSERT_TRUE(store->commit({entry(Caller::system("test"), {"x", "y", nullptr, after, &rule})}));

    const auto page = *store->list(store::schema::kAudit, "", 10);

    const auto record = json::parse(page.items.at(0).value);
    EXPECT_EQ(record["after"]["relays"][0]["url"], "rtmp://***@h.example/live/***");
}

}  // namespace
}  // namespace sluice::control::audit
