#include "users.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "../store/schema.hpp"
#include "openapi_fields.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

class UsersTest : public testing::Test {
protected:
    json create(const std::string& name, const std::string& role = "viewer")
    {
        auto made = users_.create(
            kTester, {{"username", name}, {"role", role}, {"password", "password of " + name}});
        EXPECT_TRUE(made) << (made ? "" : made.error().detail);
        return made ? *made : json();
    }

    std::string error_field(const Result<json>& answer)
    {
        EXPECT_FALSE(answer);
        return answer || answer.error().fields.empty() ? "" : answer.error().fields.front().field;
    }

    TemporaryStore store_;
    Passwords passwords_{{.kib = 64, .passes = 1}};
    Users users_{*store_, passwords_};
};

TEST_F(UsersTest, FieldsAreDocumentedAsTheyAreChecked)
{
    std::map<std::string, std::string> rules;
    collect(user_rule(), "", rules);
    const auto documented = documented_fields("User");
    for (const auto& [name, text] : rules) {
        ASSERT_TRUE(documented.contains(name)) << name;
        EXPECT_TRUE(documented.at(name).starts_with(text)) << name << ": " << text;
    }
    EXPECT_EQ(documented.size(), rules.size());
}

TEST_F(UsersTest, AUserIsShownWithoutAnythingOfHisPassword)
{
    const auto made = create("Ann@Example.com", "operator");
    EXPECT_EQ(made.at("username"), "ann@example.com");
    EXPECT_EQ(made.at("enabled"), true);
    EXPECT_EQ(made.at("last_login_at"), nullptr);
    const auto id = made.at("id").get<std::string>();
    EXPECT_EQ(*users_.get(id), made);
    EXPECT_EQ(users_.list(10, "", "")->at("items"), json::array({made}));
    for (const auto* hidden : {"password", "password_hash", "epoch"}) {
        EXPECT_FALSE(made.contains(hidden));
    }
    const auto page = store_->list("", "", 100);
    for (const auto& entry : page->items) {
        EXPECT_EQ(entry.value.find("password of"), std::string::npos) << entry.key;
    }
}

TEST_F(UsersTest, WrongInputNamesItsField)
{
    const json good{{"username", "ann"}, {"role", "viewer"}, {"password", "long enough"}};
    const std::vector<std::pair<json, std::string>> cases{
        {{{"username", ""}}, "username"},
        {{{"username", "a b"}}, "username"},
        {{{"username", "é"}}, "username"},
        {{{"username", std::string(65, 'a')}}, "username"},
        {{{"role", "root"}}, "role"},
        {{{"password", "too short"}}, "password"},
        {{{"password", std::string(201, 'x')}}, "password"},
        {{{"enabled", 1}}, "enabled"},
        {{{"colour", 1}}, "colour"},
    };
    for (const auto& [change, field] : cases) {
        auto body = good;
        body.update(change);
        EXPECT_EQ(error_field(users_.create(kTester, body)), field);
    }
    for (const auto* missing : {"username", "role", "password"}) {
        auto body = good;
        body.erase(missing);
        EXPECT_EQ(error_field(users_.create(kTester, body)), missing);
    }
    EXPECT_EQ(users_.create(kTester, json::array()).error().code, Errc::malformed);
    EXPECT_EQ(*users_.size(), 0U);
}

TEST_F(UsersTest, ANameIsTakenWhateverItsCaseAndFreeAgainAfterwards)
{
    const auto ann = create("ann").at("id").get<std::string>();
    const auto bob = create("bob").at("id").get<std::string>();
    const json again{{"username", "ANN"}, {"role", "viewer"}, {"password", "long enough"}};
    EXPECT_EQ(users_.create(kTester, again).error().code, Errc::conflict);
    EXPECT_EQ(users_.patch(kTester, bob, {{"username", "Ann"}}).error().code, Errc::conflict);
    ASSERT_TRUE(users_.patch(kTester, ann, {{"username", "anna"}}));
    EXPECT_TRUE(users_.create(kTester, again));
    EXPECT_EQ((*users_.account_named("aNNa"))->id, ann);
    ASSERT_TRUE(users_.remove(kTester, ann));
    EXPECT_FALSE(*users_.account_named("anna"));
    EXPECT_EQ(users_.get(ann).error().code, Errc::not_found);
}

TEST_F(UsersTest, TheLastEnabledAdminStays)
{
    const auto ann = create("ann", "admin").at("id").get<std::string>();
    create("bob", "operator");
    for (const auto& change : {json{{"enabled", false}}, json{{"role", "operator"}}}) {
        EXPECT_EQ(users_.patch(kTester, ann, change).error().code, Errc::conflict);
    }
    EXPECT_EQ(users_.remove(kTester, ann).error().code, Errc::conflict);
    EXPECT_TRUE(users_.patch(kTester, ann, {{"password", "another password"}}));

    const auto cid = create("cid", "admin").at("id").get<std::string>();
    ASSERT_TRUE(users_.patch(kTester, cid, {{"enabled", false}}));
    EXPECT_EQ(users_.remove(kTester, ann).error().code, Errc::conflict);
    ASSERT_TRUE(users_.patch(kTester, cid, {{"enabled", true}}));
    EXPECT_TRUE(users_.remove(kTester, ann));
}

TEST_F(UsersTest, TwoAdminsThatRemoveEachOtherAtOnceDoNotBothGo)
{
    auto stays = create("stays", "admin").at("id").get<std::string>();
    for (int round = 0; round < 10; ++round) {
        auto other = create("other" + std::to_string(round), "admin").at("id").get<std::string>();
        Result<void> first;
        Result<void> second;
        {
            const std::jthread one([&] { first = users_.remove(kTester, stays); });
            const std::jthread two([&] { second = users_.remove(kTester, other); });
        }
        ASSERT_NE(first.has_value(), second.has_value());
        if (first) stays = std::move(other);
    }
}

TEST_F(UsersTest, AChangeOfAnotherVersionIsRefused)
{
    const auto made = create("ann");
    const auto id = made.at("id").get<std::string>();
    const IfMatch right{.versions = {made.at("version").get<std::uint64_t>()}};
    const IfMatch wrong{.versions = {1}};
    EXPECT_EQ(users_.patch(kTester, id, {{"role", "operator"}}, wrong).error().code,
              Errc::precondition);
    EXPECT_EQ(users_.remove(kTester, id, wrong).error().code, Errc::precondition);
    const auto changed = users_.patch(kTester, id, {{"role", "operator"}}, right);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->at("version"), made.at("version").get<std::uint64_t>() + 1);
    EXPECT_EQ(users_.get(id)->at("version"), changed->at("version"));
}

TEST_F(UsersTest, ListsPageAndSearch)
{
    for (const auto* name : {"ann", "bob", "joanna"}) create(name);
    std::vector<std::string> found;
    std::string cursor;
    while (true) {
        const auto page = users_.list(1, cursor, "");
        ASSERT_TRUE(page);
        found.push_back(page->at("items").at(0).at("username"));
        if (page->at("next_cursor").is_null()) break;
        cursor = page->at("next_cursor");
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, (std::vector<std::string>{"ann", "bob", "joanna"}));
    EXPECT_EQ(users_.list(10, "", "ANN")->at("items").size(), 2U);
}

TEST_F(UsersTest, EverybodyChangesHisOwnPasswordWithTheCurrentOne)
{
    const auto id = create("ann").at("id").get<std::string>();
    const Caller ann{.id = id, .kind = Caller::Kind::user};
    const json right{{"current", "password of ann"}, {"new", "a better password"}};
    EXPECT_EQ(users_.change_password(ann, {{"current", "wrong"}, {"new", "a better password"}})
                  .error()
                  .fields.front()
                  .field,
              "current");
    EXPECT_EQ(users_.change_password(ann, {{"current", "password of ann"}, {"new", "short"}})
                  .error()
                  .fields.front()
                  .field,
              "new");
    ASSERT_TRUE(users_.change_password(ann, right));
    EXPECT_TRUE(*passwords_.matches("a better password", (*users_.account(id))->password_hash));
    EXPECT_EQ(users_.change_password({.id = "admin"}, right).error().code, Errc::not_found);
}

TEST_F(UsersTest, GuessingTheCurrentPasswordIsSlowedDownAndNoted)
{
    const auto id = create("ann").at("id").get<std::string>();
    const Caller ann{.id = id, .kind = Caller::Kind::user, .address = "192.0.2.1"};
    const json wrong{{"current", "a guess of mine"}, {"new", "a better password"}};
    auto refused = users_.change_password(ann, wrong);
    for (int i = 0; i < 20 && refused.error().code == Errc::invalid; ++i) {
        refused = users_.change_password(ann, wrong);
    }
    EXPECT_EQ(refused.error().code, Errc::throttled);
    EXPECT_GT(refused.error().retry_after_s, 0);
    // Not even with the right one: otherwise the wait would tell which one is right.
    EXPECT_EQ(
        users_.change_password(ann, {{"current", "password of ann"}, {"new", "another one, new"}})
            .error()
            .code,
        Errc::throttled);
    const auto log = store_->list(store::schema::kAudit, "", 10);
    const auto noted = json::parse(log->items.at(1).value);
    EXPECT_EQ(noted.at("action"), "user.password_refuse");
    EXPECT_EQ(noted.at("target"), id);
    EXPECT_EQ(noted.at("address"), "192.0.2.1");
    for (const auto& entry : log->items) {
        EXPECT_EQ(entry.value.find("a guess of mine"), std::string::npos);
    }
}

TEST_F(UsersTest, TheAuditLogTellsWhatChangedAndNoPassword)
{
    const auto id = create("ann").at("id").get<std::string>();
    ASSERT_TRUE(users_.patch(kTester, id, {{"role", "operator"}, {"password", "a better one"}}));
    const auto log = store_->list(store::schema::kAudit, "", 10);
    ASSERT_EQ(log->items.size(), 2U);
    const auto change = json::parse(log->items.at(1).value);
    EXPECT_EQ(change.at("action"), "user.update");
    EXPECT_EQ(change.at("target"), id);
    EXPECT_EQ(change.at("before").at("role"), "viewer");
    EXPECT_EQ(change.at("after").at("role"), "operator");
    EXPECT_EQ(change.at("after").at("password"), "(secret)");
    for (const auto& entry : log->items) {
        EXPECT_EQ(entry.value.find("hash"), std::string::npos) << entry.value;
        EXPECT_EQ(entry.value.find("a better one"), std::string::npos);
    }
}

}  // namespace
}  // namespace sluice::control
