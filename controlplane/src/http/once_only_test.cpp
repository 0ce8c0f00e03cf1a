#include "once_only.hpp"

#include <gtest/gtest.h>

#include "../service/temporary_store.hpp"
#include "../service/unreliable_store.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

class OnceOnlyTest : public testing::Test {
protected:
    Answer post(const std::string& key, const std::string& body = "",
                const std::string& caller = "c", const std::string& path = "/things/a")
    {
        Request request{.method = "POST", .path = path + "/"};
        request.place = path;
        if (!key.empty()) request.headers["idempotency-key"] = key;
        request.body = body;
        request.caller.id = caller;
        return handler_(request);
    }

    static bool is_replay(const Answer& answer)
    {
        return answer && !answer->headers.empty() &&
               answer->headers.back().first == "Idempotency-Replayed";
    }

    TemporaryStore store_;
    Idempotency memory_{*store_};
    int runs_ = 0;
    bool fails_ = false;
    Handler handler_ = once_only(memory_, [this](const Request&) -> Answer {
        ++runs_;
        if (fails_) return fail(Errc::conflict, "not now");
        return json_reply(201, {{"run", runs_}, {"secret", "hidden"}}).with("Location", "/x");
    });
};

TEST_F(OnceOnlyTest, TheSameRequestRunsOnceAndGetsTheSameAnswerWithoutItsSecret)
{
    const auto first = post("k", "{}");
    const auto again = post("k", "{}");
    ASSERT_TRUE(first && again);
    EXPECT_EQ(runs_, 1);
    EXPECT_FALSE(is_replay(first));
    EXPECT_TRUE(is_replay(again));
    EXPECT_EQ(again->status, 201);
    EXPECT_EQ(again->headers.front(), (std::pair<std::string, std::string>{"Location", "/x"}));
    EXPECT_EQ(json::parse(again->body), (json{{"run", 1}}));
    const auto stored = store_->list("", "", 100);
    for (const auto& entry : stored->items) {
        EXPECT_EQ(entry.value.find("hidden"), std::string::npos);
    }
}

TEST_F(OnceOnlyTest, AKeyBelongsToItsCallerAndAddressAndToOneBody)
{
    ASSERT_TRUE(post("k", "{}"));
    EXPECT_FALSE(is_replay(post("k", "{}", "other")));
    EXPECT_FALSE(is_replay(post("k", "{}", "c", "/things/b")));
    EXPECT_FALSE(is_replay(post("other", "{}")));
    EXPECT_EQ(runs_, 4);
    EXPECT_EQ(post("k", "{ }").error().code, Errc::invalid);
    EXPECT_EQ(post(std::string(256, 'k')).error().code, Errc::invalid);
}

TEST_F(OnceOnlyTest, WithoutAKeyItRunsEachTime)
{
    post("");
    post("");
    EXPECT_EQ(runs_, 2);
}

TEST_F(OnceOnlyTest, AnErrorIsNotKept)
{
    fails_ = true;
    EXPECT_EQ(post("k").error().code, Errc::conflict);
    fails_ = false;
    EXPECT_TRUE(post("k"));
    EXPECT_EQ(runs_, 2);
}

TEST_F(OnceOnlyTest, ARequestThatHasNoAnswerYetIsAConflict)
{
    const OnceOnly once{"c", "k", "hash"};
    ASSERT_TRUE(memory_.begin(once, 1000));
    const auto second = memory_.begin(once, 1000);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
}

TEST_F(OnceOnlyTest, WhatWasDoneIsAnsweredEvenWhenTheAnswerCanNotBeKept)
{
    UnreliableStore store(*store_);
    Idempotency memory(store);
    const auto handler = once_only(memory, [&](const Request&) -> Answer {
        store.full = true;
        return json_reply(201, {{"run", 1}});
    });
    Request request{.method = "POST", .path = "/things"};
    request.headers["idempotency-key"] = "k";
    const auto answer = handler(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    store.full = false;
    // Whether it was done is not known from the memory: it is not done again.
    EXPECT_EQ(handler(request).error().code, Errc::conflict);
}

TEST_F(OnceOnlyTest, TheOldestAnswersGoWhenThereAreTooMany)
{
    const auto fill = [&](const std::string& name, std::size_t count, std::int64_t at_s) {
        std::vector<store::Operation> work;
        for (std::size_t i = 0; i < count; ++i) {
            work.push_back(memory_.remember({"c", name + std::to_string(i), "r"}, 1, at_s));
            if (work.size() < store::kMaxOperations && i + 1 < count) continue;
            ASSERT_TRUE(store_->commit(std::exchange(work, {})));
        }
    };
    fill("old", Idempotency::kSlack, 1000);
    fill("new", Idempotency::kMost - 1, 2000);
    ASSERT_TRUE(memory_.begin({"c", "next", "r"}, 3000));
    const auto left = store_->list("idempotency/", "", 20'000)->items.size();
    EXPECT_EQ(left, Idempotency::kMost + 1);
    EXPECT_TRUE(memory_.find({"c", "new0", "r"})->has_value());
    std::size_t old = 0;
    for (std::size_t i = 0; i < Idempotency::kSlack; ++i) {
        if (memory_.find({"c", "old" + std::to_string(i), "r"})->has_value()) ++old;
    }
    EXPECT_EQ(old, 1U);
}

TEST_F(OnceOnlyTest, APasswordLeavesNoQuickHashBehind)
{
    ASSERT_TRUE(post("k", R"({"password":"one","name":"x"})"));
    EXPECT_TRUE(is_replay(post("k", R"({"password":"another","name":"x"})")));
    EXPECT_EQ(post("k", R"({"password":"one","name":"y"})").error().code, Errc::invalid);
}

}  // namespace
}  // namespace sluice::control::http
