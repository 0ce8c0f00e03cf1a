#include "tokens.hpp"

#include <gtest/gtest.h>

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
    Tokens tokens_{*store_, "the-admin-token"};
};

TEST_F(TokensTest, the_admin_token_has_full_rights)
{
    const auto caller = tokens_.authenticate("the-admin-token");
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->scope, Scope::admin);
}

TEST_F(TokensTest, a_made_token_has_its_own_scope)
{
    for (const auto* scope : {"viewer", "operator", "admin"}) {
        const auto made = create({{"name", "t"}, {"scope", scope}});
        const auto caller = tokens_.authenticate(made.at("secret").get<std::string>());
        ASSERT_TRUE(caller);
        EXPECT_EQ(to_string(caller->scope), scope);
        EXPECT_EQ(caller->id, made.at("id"));
    }
}

TEST_F(TokensTest, wrong_secrets_are_refused)
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

TEST_F(TokensTest, a_secret_is_shown_once_and_stored_only_as_a_hash)
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

TEST_F(TokensTest, a_revoked_or_expired_token_is_refused)
{
    const auto made = create({{"scope", "admin"}});
    ASSERT_TRUE(tokens_.remove(kTester, made.at("id").get<std::string>()));
    EXPECT_FALSE(tokens_.authenticate(made.at("secret").get<std::string>()));
    const auto old = create({{"scope", "admin"}, {"expires_at", "2020-01-01T00:00:00Z"}});
    EXPECT_FALSE(tokens_.authenticate(old.at("secret").get<std::string>()));
    const auto fresh = create({{"scope", "admin"}, {"expires_at", "2090-01-01T00:00:00Z"}});
    EXPECT_TRUE(tokens_.authenticate(fresh.at("secret").get<std::string>()));
}

TEST_F(TokensTest, a_token_needs_a_known_scope_and_nothing_unknown)
{
    EXPECT_EQ(tokens_.create(kTester, json::object()).error().fields.front().field, "scope");
    EXPECT_EQ(tokens_.create(kTester, {{"scope", "root"}}).error().fields.front().field, "scope");
    EXPECT_EQ(
        tokens_.create(kTester, {{"scope", "admin"}, {"hash", "x"}}).error().fields.front().field,
        "hash");
    EXPECT_EQ(tokens_.create(kTester, json::array()).error().code, Errc::malformed);
}

TEST_F(TokensTest, unknown_tokens_are_not_found)
{
    for (const auto* id : {"", "x", "0123456789abcdef", "../settings"}) {
        EXPECT_EQ(tokens_.get(id).error().code, Errc::not_found);
        EXPECT_EQ(tokens_.remove(kTester, id).error().code, Errc::not_found);
    }
}

TEST_F(TokensTest, pages_follow_their_cursor_to_the_end)
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

}  // namespace
}  // namespace sluice::control
