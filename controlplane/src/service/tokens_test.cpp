#include "tokens.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

class TokensTest : public testing::Test {
protected:
    json create(const json& body)
    {
        auto made = tokens_.create(kTester, body);
        EXPECT_TRUE(made) << (made ? "" : made.error().detail);
        return made ? *made : json();
    }

    TemporaryStore store_;
    LastUse uses_{*store_};
    Tokens tokens_{*store_, uses_, "the-admin-token"};
};

TEST_F(TokensTest, TheAdminTokenHasFullRights)
{
    const auto caller = tokens_.authenticate("the-admin-token");
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->scope, Scope::admin);
}

TEST_F(TokensTest, AMadeTokenHasItsOwnScope)
{
    for (const auto* scope : {"viewer", "operator", "admin"}) {
        const auto made = create({{"name", "t"}, {"scope", scope}});
        const auto caller = tokens_.authenticate(made.at("secret").get<std::string>());
        ASSERT_TRUE(caller);
        EXPECT_EQ(to_string(caller->scope), scope);
        EXPECT_EQ(caller->id, made.at("id"));
    }
}

TEST_F(TokensTest, WrongSecretsAreRefused)
{
    const auto secret = create({{"scope", "admin"}}).at("secret").get<std::string>();
    auto other = secret;
    other.back() = other.back() == '0' ? '1' : '0';
    for (const auto& wrong :
         {std::string(), std::string("x"), other, secret + "0", secret.substr(0, secret.size() - 1),
          std::string("slc_"), std::string("slc_../../x"), std::string("the-admin-toke")}) {
        const auto caller = tokens_.authenticate(wrong);
        ASSERT_FALSE(caller);
        EXPECT_EQ(caller.error().code, Errc::unauthorized);
        if (!wrong.empty()) {
            EXPECT_EQ(caller.error().detail.find(wrong), std::string::npos);
        }
    }
}

TEST_F(TokensTest, ASecretIsShownOnceAndStoredOnlyAsAHash)
{
    const auto made = create({{"name", "t"}, {"scope", "viewer"}});
    const auto secret = made.at("secret").get<std::string>();
    EXPECT_FALSE(made.contains("hash"));
    const auto id = made.at("id").get<std::string>();
    EXPECT_EQ(tokens_.list(10, "")->dump().find(secret), std::string::npos);
    EXPECT_FALSE(tokens_.get(id)->contains("secret"));
    EXPECT_FALSE(tokens_.get(id)->contains("hash"));
    EXPECT_EQ((*store_->get("tokens/" + id))->value.find(secret), std::string::npos);
}

TEST_F(TokensTest, ARevokedOrExpiredTokenIsRefused)
{
    const auto made = create({{"scope", "admin"}});
    ASSERT_TRUE(tokens_.remove(kTester, made.at("id").get<std::string>()));
    EXPECT_FALSE(tokens_.authenticate(made.at("secret").get<std::string>()));
    const auto old = create({{"scope", "admin"}, {"expires_at", "2020-01-01T00:00:00Z"}});
    EXPECT_FALSE(tokens_.authenticate(old.at("secret").get<std::string>()));
    const auto fresh = create({{"scope", "admin"}, {"expires_at", "2090-01-01T00:00:00Z"}});
    EXPECT_TRUE(tokens_.authenticate(fresh.at("secret").get<std::string>()));
}

TEST_F(TokensTest, ATokenNeedsAKnownScopeAndNothingUnknown)
{
    EXPECT_EQ(tokens_.create(kTester, json::object()).error().fields.front().field, "scope");
    EXPECT_EQ(tokens_.create(kTester, {{"scope", "root"}}).error().fields.front().field, "scope");
    EXPECT_EQ(
        tokens_.create(kTester, {{"scope", "admin"}, {"hash", "x"}}).error().fields.front().field,
        "hash");
    EXPECT_EQ(tokens_.create(kTester, json::array()).error().code, Errc::malformed);
}

TEST_F(TokensTest, UnknownTokensAreNotFound)
{
    for (const auto* id : {"", "x", "0123456789abcdef", "../settings"}) {
        EXPECT_EQ(tokens_.get(id).error().code, Errc::not_found);
        EXPECT_EQ(tokens_.remove(kTester, id).error().code, Errc::not_found);
    }
}

TEST_F(TokensTest, PagesFollowTheirCursorToTheEnd)
{
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(tokens_.create(kTester, {{"scope", "viewer"}}));
    const auto first = tokens_.list(2, "");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->at("items").size(), 2U);
    const auto second = tokens_.list(2, first->at("next_cursor").get<std::string>());
    ASSERT_TRUE(second);
    EXPECT_EQ(second->at("items").size(), 1U);
    EXPECT_TRUE(second->at("next_cursor").is_null());
}

TEST_F(TokensTest, ATokenSaysWhoMadeItAndWhenItWasUsedLast)
{
    const auto made = create({{"scope", "viewer"}});
    const auto id = made.at("id").get<std::string>();
    EXPECT_EQ(made.at("created_by"), (json{{"kind", "system"}, {"id", "test"}, {"name", ""}}));
    EXPECT_EQ(made.at("last_used_at"), nullptr);
    const auto writes = *store_->revision();
    ASSERT_TRUE(tokens_.authenticate(made.at("secret").get<std::string>()));
    EXPECT_EQ(*store_->revision(), writes);
    EXPECT_TRUE(tokens_.get(id)->at("last_used_at").is_string());
    ASSERT_TRUE(uses_.write());
    LastUse after_restart(*store_);
    EXPECT_TRUE(*after_restart.of("tokens/" + id));
    EXPECT_EQ(tokens_.get(id)->at("version"), made.at("version"));
    ASSERT_TRUE(tokens_.remove(kTester, id));
    EXPECT_FALSE(*after_restart.of("tokens/" + id));
}

TEST_F(TokensTest, AUseOfATokenThatIsGoneLeavesNothingBehind)
{
    const auto made = create({{"scope", "viewer"}});
    ASSERT_TRUE(tokens_.authenticate(made.at("secret").get<std::string>()));
    ASSERT_TRUE(tokens_.remove(kTester, made.at("id").get<std::string>()));
    ASSERT_TRUE(uses_.write());
    EXPECT_TRUE(store_->list("uses/", "", 10)->items.empty());
}

TEST_F(TokensTest, NameAndEndCanBeChangedAndNothingElse)
{
    const auto made = create({{"scope", "viewer"}});
    const auto id = made.at("id").get<std::string>();
    const IfMatch current{.versions = {made.at("version").get<std::uint64_t>()}};
    const auto changed = tokens_.patch(
        kTester, id, {{"name", "n"}, {"expires_at", "2020-01-01T00:00:00Z"}}, current);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->at("name"), "n");
    EXPECT_FALSE(changed->contains("hash"));
    EXPECT_EQ(*tokens_.get(id), *changed);
    EXPECT_FALSE(tokens_.authenticate(made.at("secret").get<std::string>()));
    ASSERT_TRUE(tokens_.patch(kTester, id, {{"expires_at", nullptr}}));
    EXPECT_TRUE(tokens_.authenticate(made.at("secret").get<std::string>()));
    EXPECT_EQ(tokens_.patch(kTester, id, json::object(), current).error().code, Errc::precondition);
    EXPECT_EQ(tokens_.remove(kTester, id, current).error().code, Errc::precondition);
    for (const auto* field : {"scope", "hash", "created_by"}) {
        const auto wrong = tokens_.patch(kTester, id, {{field, "admin"}});
        EXPECT_EQ(wrong.error().fields.front().field, field);
    }
}

TEST_F(TokensTest, WhoNamesNoVersionHearsOfNoneWhenOthersAreFaster)
{
    const auto id = create({{"scope", "viewer"}}).at("id").get<std::string>();
    std::atomic<int> told{0};
    const auto change = [&](const std::string& name) {
        for (int i = 0; i < 50; ++i) {
            const auto done = tokens_.patch(kTester, id, {{"name", name + std::to_string(i)}});
            if (!done && done.error().code == Errc::precondition) ++told;
        }
    };
    {
        const std::jthread one([&] { change("one"); });
        const std::jthread two([&] { change("two"); });
    }
    EXPECT_EQ(told, 0);
    EXPECT_GT(tokens_.get(id)->at("version"), 50);
    ASSERT_TRUE(tokens_.remove(kTester, id));
}

TEST_F(TokensTest, ATokenOfAnEarlyReleaseHasNoMaker)
{
    const json old{{"id", "0123456789abcdef"}, {"name", "old"},
                   {"scope", "viewer"},        {"hash", "x"},
                   {"expires_at", nullptr},    {"created_at", "then"}};
    ASSERT_TRUE(store_->commit({store::put("tokens/0123456789abcdef", old.dump())}));
    EXPECT_EQ(tokens_.get("0123456789abcdef")->at("created_by"), nullptr);
    EXPECT_EQ(tokens_.list(10, "")->at("items").size(), 1U);
}

}  // namespace
}  // namespace sluice::control
