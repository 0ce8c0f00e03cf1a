#include "authoriser.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <vector>

#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr const char* kUrl = "http://user:secret@callback.test/ask";
constexpr const char* kQuick = "http://quick.test/";

class Authorise : public testing::Test {
protected:
    void channel(const json& playback, const std::string& id = "a")
    {
        auto document = complete(channel_rule(), {{"id", id}, {"playback", playback}});
        document["ingest"]["key"] = "k";
        ASSERT_TRUE(store->commit({store::put(store::schema::channel(id), to_stored(document))}));
    }

    void SetUp() override { channel({{"authorise_url", kUrl}}); }

    std::future<Verdict> begin(const std::string& query, const std::string& name = "a")
    {
        const AuthoriseQuestion question{.action = "play",
                                         .channel = name,
                                         .protocol = "flv",
                                         .address = "192.0.2.1",
                                         .query = query,
                                         .session = "s"};
        const auto policy = authoriser.policy_of(question);
        EXPECT_TRUE(policy);
        auto promise = std::make_shared<std::promise<Verdict>>();
        authoriser.ask(question, *policy, [promise](const Verdict& v) { promise->set_value(v); });
        return promise->get_future();
    }

    Verdict ask(const std::string& query = "token=7") { return begin(query).get(); }

    Result<CallbackAnswer> call(const std::string& url, const std::string& body,
                                std::chrono::milliseconds limit)
    {
        {
            const std::lock_guard lock(mutex);
            calls.push_back(json::parse(body));
            limits.push_back(limit);
        }
        std::unique_lock lock(mutex);
        changed.notify_all();
        if (url == kQuick) return CallbackAnswer{.status = 200};
        EXPECT_EQ(url, kUrl);
        changed.wait(lock, [&] { return !hold; });
        return answer;
    }

    void release()
    {
        {
            const std::lock_guard lock(mutex);
            hold = false;
        }
        changed.notify_all();
    }

    TemporaryStore store;
    std::mutex mutex;
    std::condition_variable changed;
    bool hold = false;
    std::vector<json> calls;
    std::vector<std::chrono::milliseconds> limits;
    Result<CallbackAnswer> answer = CallbackAnswer{.status = 200};
    std::atomic<std::int64_t> now_ms{1000};
    Authoriser authoriser{*store,
                          [this](const auto& url, const auto& body, auto limit, auto) {
                              return call(url, body, limit);
                          },
                          [this] { return now_ms.load(); }};
};

TEST_F(Authorise, TheCallbackLearnsWhoWantsWhat)
{
    EXPECT_EQ(ask(), (Verdict{.allowed = true}));
    ASSERT_EQ(calls.size(), 1U);
    auto seen = calls[0];
    EXPECT_FALSE(seen.at("time").get<std::string>().empty());
    seen.erase("time");
    EXPECT_EQ(seen, json::parse(R"({"action":"play","channel":"a","protocol":"flv",
                                    "address":"192.0.2.1","query":"token=7","session":"s"})"));
    EXPECT_EQ(limits[0].count(), 2000);
}

struct Said {
    Result<CallbackAnswer> answer;
    Verdict verdict;
};

TEST_F(Authorise, EveryStatusHasItsMeaning)
{
    const Verdict denied;
    const Verdict failed{.failed = true};
    const std::vector<Said> table{
        {CallbackAnswer{200, ""}, {.allowed = true}},
        {CallbackAnswer{204, ""}, {.allowed = true}},
        {CallbackAnswer{299, "{\"reason\":\"x\"}"}, {.allowed = true}},
        {CallbackAnswer{401, ""}, denied},
        {CallbackAnswer{403, "{\"reason\":\"no seat\"}"}, {.reason = "no seat"}},
        {CallbackAnswer{404, "<html>"}, denied},
        {CallbackAnswer{403, "{\"reason\":7}"}, denied},
        {CallbackAnswer{403, "[]"}, denied},
        {CallbackAnswer{403, "{\"reason\":\"two\\nlines\"}"}, {.reason = "two lines"}},
        {CallbackAnswer{302, ""}, failed},
        {CallbackAnswer{100, ""}, failed},
        {CallbackAnswer{0, ""}, failed},
        {CallbackAnswer{500, "{\"reason\":\"x\"}"}, failed},
        {fail(Errc::unavailable, "refused"), failed}};
    for (std::size_t i = 0; i < table.size(); ++i) {
        answer = table[i].answer;
        now_ms += 100'000;  // nothing is remembered so long
        EXPECT_EQ(ask(), table[i].verdict) << i;
    }
}

TEST_F(Authorise, ALongReasonIsCutBetweenCharacters)
{
    std::string reason;
    for (int i = 0; i < 300; ++i) reason += "播";
    answer = CallbackAnswer{403, json{{"reason", reason}}.dump()};
    EXPECT_EQ(ask().reason, reason.substr(0, 600));
}

TEST_F(Authorise, AFailureFollowsTheChannelsPolicy)
{
    channel({{"authorise_url", kUrl}, {"authorise_on_failure", "allow"}});
    answer = fail(Errc::unavailable, "timeout");
    EXPECT_EQ(ask(), (Verdict{.allowed = true, .failed = true}));
}

TEST_F(Authorise, AVerdictIsRememberedForEqualQuestions)
{
    answer = CallbackAnswer{403, ""};
    ask();
    ask();
    EXPECT_EQ(calls.size(), 1U);
    ask("token=8");
    EXPECT_EQ(calls.size(), 2U);
    now_ms += 10'000;
    ask();
    EXPECT_EQ(calls.size(), 3U);
}

TEST_F(Authorise, AFailureIsNotRemembered)
{
    answer = fail(Errc::unavailable, "timeout");
    ask();
    answer = CallbackAnswer{200, ""};
    EXPECT_TRUE(ask().allowed);
}

TEST_F(Authorise, WithoutACacheEveryQuestionIsAsked)
{
    channel({{"authorise_url", kUrl}, {"authorise_cache_s", 0}});
    ask();
    ask();
    EXPECT_EQ(calls.size(), 2U);
}

TEST_F(Authorise, EqualQuestionsAtTheSameTimeShareOneCall)
{
    channel({{"authorise_url", kUrl}, {"authorise_cache_s", 0}});
    hold = true;
    std::vector<std::future<Verdict>> askers;
    for (int i = 0; i < 20; ++i) askers.push_back(begin("token=7"));
    release();
    for (auto& asker : askers) EXPECT_TRUE(asker.get().allowed);
    EXPECT_EQ(calls.size(), 1U);
}

TEST_F(Authorise, ASlowServerHoldsUpNobodyWhoAsksAnother)
{
    channel({{"authorise_url", kQuick}}, "b");
    hold = true;
    std::vector<std::future<Verdict>> askers;
    for (int i = 0; i < 600; ++i) askers.push_back(begin("ticket=" + std::to_string(i)));
    for (int i = 0; i < 600; ++i) askers.push_back(begin("ticket=0"));
    EXPECT_TRUE(begin("", "b").get().allowed);
    {
        const std::lock_guard lock(mutex);
        EXPECT_LE(calls.size(), Authoriser::kMostCalls / 2 + 1);
    }
    release();
    for (auto& asker : askers) EXPECT_TRUE(asker.get().allowed);
}

TEST_F(Authorise, OfTooManyThatWaitThePolicyDecidesAtOnce)
{
    channel({{"authorise_url", kQuick}}, "b");
    hold = true;
    std::vector<std::future<Verdict>> askers;
    for (std::size_t i = 0; i < Authoriser::kMostWaiting / 2; ++i) askers.push_back(begin("same"));
    EXPECT_EQ(begin("same").get(), Verdict{.failed = true});
    EXPECT_EQ(begin("another").get(), Verdict{.failed = true});
    EXPECT_TRUE(begin("", "b").get().allowed);
    release();
    for (auto& asker : askers) EXPECT_TRUE(asker.get().allowed);
    EXPECT_TRUE(begin("another").get().allowed);
}

TEST_F(Authorise, AQuestionWhoseTurnComesTooLateIsAFailureWithoutACall)
{
    hold = true;
    std::vector<std::future<Verdict>> askers;
    const auto running = Authoriser::kMostCalls / 2;
    for (std::size_t i = 0; i <= running; ++i) askers.push_back(begin(std::to_string(i)));
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return calls.size() == running; });
    }
    now_ms += 2000;
    release();
    int failed = 0;
    for (auto& asker : askers) failed += asker.get().failed ? 1 : 0;
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(calls.size(), running);
}

TEST_F(Authorise, AServerThatKeepsFailingIsSpared)
{
    answer = CallbackAnswer{503, ""};
    for (int i = 0; i < CircuitBreaker::kFailures + 10; ++i) EXPECT_TRUE(ask().failed);
    EXPECT_EQ(calls.size(), static_cast<std::size_t>(CircuitBreaker::kFailures));
    now_ms += CircuitBreaker::kPauseMs;
    answer = CallbackAnswer{200, ""};
    EXPECT_TRUE(ask().allowed);
    EXPECT_EQ(calls.size(), static_cast<std::size_t>(CircuitBreaker::kFailures) + 1);
}

TEST_F(Authorise, AChannelWithoutACallbackLetsIn)
{
    channel(json::object());
    EXPECT_EQ(ask(), (Verdict{.allowed = true}));
    EXPECT_TRUE(calls.empty());
}

TEST_F(Authorise, AnUnknownChannelIsSaidToBeUnknown)
{
    const auto policy = authoriser.policy_of({.action = "play", .channel = "b"});
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().code, Errc::not_found);
}

TEST_F(Authorise, AnyBytesMayBeInAQuery)
{
    EXPECT_TRUE(ask("\xff\xfe=%00").allowed);
    EXPECT_EQ(calls.size(), 1U);
}

TEST_F(Authorise, WhatHappenedIsCounted)
{
    ask();
    ask();
    const auto text = authoriser.metrics();
    EXPECT_NE(text.find("sluice_authorise_calls_total{outcome=\"allowed\"} 1\n"),
              std::string::npos);
    EXPECT_NE(text.find("sluice_authorise_without_call_total{why=\"cached\"} 1\n"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice::control
