#include "once_only.hpp"

#include <gtest/gtest.h>

#include "../service/temporary_store.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

class OnceOnlyTest : public testing::Test {
protected:
    Answer post(const std::string& key, const std::string& body = "",
                const std::string& caller = "c", const std::string& path = "/things/a")
    {
        Request request{.method = "POST", .path = path};
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

TEST_F(OnceOnlyTest, the_same_request_runs_once_and_gets_the_same_answer_without_its_secret)
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

TEST_F(OnceOnlyTest, a_key_belongs_to_its_caller_and_address_and_to_one_body)
{
    ASSERT_TRUE(post("k", "{}"));
    EXPECT_FALSE(is_replay(post("k", "{}", "other")));
    EXPECT_FALSE(is_replay(post("k", "{}", "c", "/things/b")));
    EXPECT_FALSE(is_replay(post("other", "{}")));
    EXPECT_EQ(runs_, 4);
    EXPECT_EQ(post("k", "{ }").error().code, Errc::invalid);
    EXPECT_EQ(post(std::string(256, 'k')).error().code, Errc::invalid);
}

TEST_F(OnceOnlyTest, without_a_key_it_runs_each_time)
{
    post("");
    post("");
    EXPECT_EQ(runs_, 2);
}

TEST_F(OnceOnlyTest, an_error_is_not_kept)
{
    fails_ = true;
    EXPECT_EQ(post("k").error().code, Errc::conflict);
    fails_ = false;
    EXPECT_TRUE(post("k"));
    EXPECT_EQ(runs_, 2);
}

TEST_F(OnceOnlyTest, a_request_that_has_no_answer_yet_is_a_conflict)
{
    const OnceOnly once{"c", "k", "hash"};
    ASSERT_TRUE(memory_.begin(once, 1000));
    const auto second = memory_.begin(once, 1000);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
}

TEST_F(OnceOnlyTest, a_password_leaves_no_quick_hash_behind)
{
    ASSERT_TRUE(post("k", R"({"password":"one","name":"x"})"));
    EXPECT_TRUE(is_replay(post("k", R"({"password":"another","name":"x"})")));
    EXPECT_EQ(post("k", R"({"password":"one","name":"y"})").error().code, Errc::invalid);
}

}  // namespace
}  // namespace sluice::control::http
