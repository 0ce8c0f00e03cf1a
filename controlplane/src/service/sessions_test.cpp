#include "sessions.hpp"

#include <gtest/gtest.h>

#include "../store/schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

const auto kTester = Caller::system("test");

std::int64_t now = 0;

class SessionsTest : public testing::Test {
protected:
    void SetUp() override
    {
        now = 1'800'000'000;
        ann_ = create("ann", "operator");
    }

    std::string create(const std::string& name, const std::string& role)
    {
        return users_
            .create(kTester, {{"username", name}, {"role", role}, {"password", "right password"}})
            ->at("id");
    }

    Result<Sessions::Opened> try_open(const std::string& name,
                                      const std::string& password = "right password",
                                      const std::string& address = "192.0.2.1")
    {
        return sessions_.open({{"username", name}, {"password", password}}, address, "a browser");
    }

    Sessions::Opened open(const std::string& name)
    {
        auto opened = try_open(name);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
        return opened ? *opened : Sessions::Opened{};
    }

    bool good(const Sessions::Opened& opened)
    {
        const auto caller = sessions_.authenticate(opened.secret);
        EXPECT_TRUE(caller || caller.error().code == Errc::unauthorized);
        return caller.has_value();
    }

    TemporaryStore store_;
    Passwords passwords_{{.kib = 64, .passes = 1}};
    Users users_{*store_, passwords_};
    LastUse uses_{*store_};
    Sessions sessions_{*store_, users_, passwords_, uses_, [] { return now; }};
    std::string ann_;
};

TEST_F(SessionsTest, WhoSignsInIsKnownByTheCookie)
{
    const auto opened = open("Ann");
    const auto caller = sessions_.authenticate(opened.secret);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->id, ann_);
    EXPECT_EQ(caller->name, "ann");
    EXPECT_EQ(caller->kind, Caller::Kind::user);
    EXPECT_EQ(caller->scope, Scope::operator_);
    EXPECT_EQ(caller->session, opened.session.at("id"));
    EXPECT_EQ(opened.session.at("role"), "operator");
    EXPECT_EQ(opened.session.at("user"), (json{{"id", ann_}, {"username", "ann"}}));
    EXPECT_NE(users_.get(ann_)->at("last_login_at"), nullptr);
}

TEST_F(SessionsTest, ASecretIsStoredNowhereAndNoOtherOneIsGood)
{
    const auto opened = open("ann");
    const auto page = store_->list("", "", 100);
    for (const auto& entry : page->items) {
        EXPECT_EQ(entry.value.find(opened.secret), std::string::npos) << entry.key;
        EXPECT_EQ(entry.value.find("right password"), std::string::npos) << entry.key;
    }
    auto other = opened.secret;
    other.back() = other.back() == '0' ? '1' : '0';
    for (const auto& wrong : {std::string(), std::string("sls_"), other, opened.secret + "0",
                              std::string("sls_../../users/x")}) {
        EXPECT_EQ(sessions_.authenticate(wrong).error().code, Errc::unauthorized) << wrong;
    }
}

TEST_F(SessionsTest, WhateverIsWrongTheAnswerIsTheSame)
{
    create("off", "viewer");
    const auto off = (*users_.account_named("off"))->id;
    ASSERT_TRUE(users_.patch(kTester, off, {{"enabled", false}}));
    const auto wrong = try_open("ann", "wrong password").error();
    EXPECT_EQ(wrong.code, Errc::unauthorized);
    for (const auto& same : {try_open("nobody"), try_open("off"), try_open("no such name!")}) {
        EXPECT_EQ(same.error().code, wrong.code);
        EXPECT_EQ(same.error().detail, wrong.detail);
    }
    const auto shape = sessions_.open(json::object(), "", "");
    EXPECT_EQ(shape.error().code, Errc::invalid);
    EXPECT_EQ(shape.error().fields.size(), 2U);
}

TEST_F(SessionsTest, GuessingIsSlowedDownAndTheRightPasswordGetsThroughSoon)
{
    Result<Sessions::Opened> last;
    for (int i = 0; i < 20; ++i) last = try_open("ann", "guess " + std::to_string(i));
    ASSERT_EQ(last.error().code, Errc::throttled);
    EXPECT_LE(last.error().retry_after_s, 6);
    now += last.error().retry_after_s;
    EXPECT_TRUE(try_open("ann"));
}

TEST_F(SessionsTest, ASessionEndsWhenItIsIdleAndAtItsEndWhateverHappens)
{
    const auto idle = open("ann");
    const auto used = open("ann");
    for (std::int64_t passed = 0; passed + 3600 < Sessions::kLongestS; passed += 3600) {
        now += 3600;
        ASSERT_TRUE(good(used));
        if (passed + 3600 >= Sessions::kIdleS) ASSERT_FALSE(good(idle));
    }
    now += 3600;
    EXPECT_FALSE(good(used));
}

TEST_F(SessionsTest, TheLastUseIsWrittenSoThatARestartDoesNotEndSessions)
{
    const auto opened = open("ann");
    now += Sessions::kIdleS - 10;
    ASSERT_TRUE(good(opened));
    ASSERT_TRUE(uses_.write());
    now += 20;
    LastUse after_restart(*store_);
    const Sessions again(*store_, users_, passwords_, after_restart, [] { return now; });
    EXPECT_TRUE(again.authenticate(opened.secret));
}

TEST_F(SessionsTest, APasswordChangeAndDisablingEndAllSessionsAndARoleCountsAtOnce)
{
    auto opened = open("ann");
    ASSERT_TRUE(users_.patch(kTester, ann_, {{"role", "viewer"}}));
    EXPECT_EQ(sessions_.authenticate(opened.secret)->scope, Scope::viewer);

    ASSERT_TRUE(users_.patch(kTester, ann_, {{"password", "another password"}}));
    EXPECT_FALSE(good(opened));
    opened = *try_open("ann", "another password");
    ASSERT_TRUE(users_.patch(kTester, ann_, {{"enabled", false}}));
    EXPECT_FALSE(good(opened));
    ASSERT_TRUE(users_.patch(kTester, ann_, {{"enabled", true}}));
    EXPECT_FALSE(good(opened));
    opened = *try_open("ann", "another password");
    ASSERT_TRUE(users_.remove(kTester, ann_));
    EXPECT_FALSE(good(opened));
    EXPECT_TRUE(store_->list(store::schema::kSessions, "", 10)->items.empty());
}

TEST_F(SessionsTest, TheOldestOfAUserEndsWhenThereAreTooMany)
{
    std::vector<Sessions::Opened> all;
    for (std::size_t i = 0; i <= Sessions::kMaxPerUser; ++i) all.push_back(open("ann"));
    EXPECT_FALSE(good(all.front()));
    EXPECT_TRUE(good(all.at(1)));
    EXPECT_TRUE(good(all.back()));
}

TEST_F(SessionsTest, EverybodySeesAndEndsHisOwnSessionsAndAnAdminAll)
{
    create("bob", "viewer");
    create("root", "admin");
    const auto ann = open("ann");
    const auto bob = open("bob");
    const auto root = open("root");
    const auto as = [&](const Sessions::Opened& who) {
        return *sessions_.authenticate(who.secret);
    };
    const auto id = [](const Sessions::Opened& of) {
        return of.session.at("id").get<std::string>();
    };

    const auto own = sessions_.list(as(bob), 10, "");
    ASSERT_EQ(own->at("items").size(), 1U);
    EXPECT_EQ(own->at("items").at(0).at("current"), true);
    EXPECT_EQ(sessions_.list(as(root), 10, "")->at("items").size(), 3U);
    EXPECT_EQ(sessions_.list(as(root), 2, "")->at("items").size(), 2U);

    EXPECT_EQ(sessions_.get(as(bob), id(ann)).error().code, Errc::not_found);
    EXPECT_EQ(sessions_.remove(as(bob), id(ann)).error().code, Errc::not_found);
    ASSERT_TRUE(sessions_.remove(as(root), id(ann)));
    EXPECT_FALSE(good(ann));
    ASSERT_TRUE(sessions_.remove(as(bob), id(bob)));
    EXPECT_FALSE(good(bob));
}

TEST_F(SessionsTest, WhatIsOverIsRemoved)
{
    const auto opened = open("ann");
    ASSERT_TRUE(good(opened));
    ASSERT_TRUE(uses_.write());
    ASSERT_TRUE(sessions_.prune());
    EXPECT_TRUE(good(opened));
    now += Sessions::kLongestS;
    ASSERT_TRUE(sessions_.prune());
    EXPECT_TRUE(store_->list(store::schema::kSessions, "", 10)->items.empty());
    EXPECT_TRUE(store_->list(store::schema::kUses, "", 10)->items.empty());
}

TEST_F(SessionsTest, TheAuditLogHoldsEverySignInAndNoNameThatNobodyHas)
{
    open("ann");
    static_cast<void>(try_open("ann", "wrong password"));
    static_cast<void>(try_open("my password, by mistake"));
    std::vector<json> entries;
    const auto page = store_->list(store::schema::kAudit, "", 10);
    for (const auto& entry : page->items) {
        entries.push_back(json::parse(entry.value));
        EXPECT_EQ(entry.value.find("by mistake"), std::string::npos);
        EXPECT_EQ(entry.value.find("wrong password"), std::string::npos);
    }
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries.at(1).at("action"), "session.create");
    EXPECT_EQ(entries.at(1).at("by").at("name"), "ann");
    EXPECT_EQ(entries.at(1).at("address"), "192.0.2.1");
    EXPECT_EQ(entries.at(2).at("action"), "session.refuse");
    EXPECT_EQ(entries.at(2).at("target"), ann_);
    EXPECT_EQ(entries.at(3).at("target"), "");
}

TEST_F(SessionsTest, ABrowserMayCallItselfWhatItLikes)
{
    const auto opened = sessions_.open({{"username", "ann"}, {"password", "right password"}},
                                       "192.0.2.1", std::string(199, 'a') + "\u65e5");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->session.at("agent"), std::string(199, 'a'));
    const auto odd = sessions_.open({{"username", "ann"}, {"password", "right password"}},
                                    "192.0.2.1", "\xff\xfe browser");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->session.at("agent"), "\ufffd\ufffd browser");
    EXPECT_NO_THROW(static_cast<void>(odd->session.dump()));
}

TEST_F(SessionsTest, AnAddressThatHasToWaitIsToldSoBeforeAnythingIsRead)
{
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(sessions_.admit("192.0.2.7"));
        static_cast<void>(try_open("nobody" + std::to_string(i), "wrong password", "192.0.2.7"));
    }
    EXPECT_EQ(sessions_.admit("192.0.2.7").error().code, Errc::throttled);
    EXPECT_TRUE(sessions_.admit("192.0.2.8"));
    now += 6;
    EXPECT_TRUE(sessions_.admit("192.0.2.7"));
}

}  // namespace
}  // namespace sluice::control
