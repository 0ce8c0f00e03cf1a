#include "authoriser.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>
#include <vector>

#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "channel_schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr const char* kUrl = "http://user:secret@callback.test/ask";

class Authorise : public testing::Test {
protected:
    void channel(const json& playback)
    {
        auto document = complete(channel_rule(), {{"id", "a"}, {"playback", playback}});
        document["ingest"]["key"] = "k";
        ASSERT_TRUE(store->commit({store::put(store::schema::channel("a"), to_stored(document))}));
    }

    void SetUp() override { channel({{"authorise_url", kUrl}}); }

    Verdict ask(const std::string& query = "token=7")
    {
        const auto verdict = authoriser.ask({.action = "play",
                                             .channel = "a",
                                             .protocol = "flv",
                                             .address = "192.0.2.1",
                                             .query = query,
                                             .session = "s"});
        EXPECT_TRUE(verdict);
        return verdict.value_or(Verdict{});
    }

    Result<CallbackAnswer> call(const std::string& url, const std::string& body,
                                std::chrono::milliseconds limit)
    {
        {
            const std::lock_guard lock(mutex);
            calls.push_back(json::parse(body));
            EXPECT_EQ(url, kUrl);
            limits.push_back(limit);
        }
        std::unique_lock lock(mutex);
        changed.notify_all();
        changed.wait(lock, [&] { return !hold; });
        return answer;
    }

    TemporaryStore store;
    std::mutex mutex;
    std::condition_variable changed;
    bool hold = false;
    std::vector<json> calls;
    std::vector<std::chrono::milliseconds> limits;
    Result<CallbackAnswer> answer = CallbackAnswer{.status = 200};
    std::int64_t now_ms = 1000;
    Authoriser authoriser{*store,
                          [this](const auto& url, const auto& body, auto limit, auto) {
                              return call(url, body, limit);
                          },
                          [this] { return now_ms; }};
};

TEST_F(Authorise, the_callback_learns_who_wants_what)
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

TEST_F(Authorise, every_status_has_its_meaning)
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

TEST_F(Authorise, a_long_reason_is_cut_between_characters)
{
    std::string reason;
    for (int i = 0; i < 300; ++i) reason += "播";
    answer = CallbackAnswer{403, json{{"reason", reason}}.dump()};
    EXPECT_EQ(ask().reason, reason.substr(0, 600));
}

TEST_F(Authorise, a_failure_follows_the_channels_policy)
{
    channel({{"authorise_url", kUrl}, {"authorise_on_failure", "allow"}});
    answer = fail(Errc::unavailable, "timeout");
    EXPECT_EQ(ask(), (Verdict{.allowed = true, .failed = true}));
}

TEST_F(Authorise, a_verdict_is_remembered_for_equal_questions)
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

TEST_F(Authorise, a_failure_is_not_remembered)
{
    answer = fail(Errc::unavailable, "timeout");
    ask();
    answer = CallbackAnswer{200, ""};
    EXPECT_TRUE(ask().allowed);
}

TEST_F(Authorise, without_a_cache_every_question_is_asked)
{
    channel({{"authorise_url", kUrl}, {"authorise_cache_s", 0}});
    ask();
    ask();
    EXPECT_EQ(calls.size(), 2U);
}

TEST_F(Authorise, equal_questions_at_the_same_time_share_one_call)
{
    channel({{"authorise_url", kUrl}, {"authorise_cache_s", 0}});
    hold = true;
    std::vector<std::thread> askers;
    std::atomic<int> allowed{0};
    for (int i = 0; i < 20; ++i) askers.emplace_back([&] { allowed += ask().allowed; });
    while (authoriser.metrics().find("why=\"shared\"} 19") == std::string::npos)
        std::this_thread::yield();
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(calls.size(), 1U);
        hold = false;
    }
    changed.notify_all();
    for (auto& asker : askers) asker.join();
    EXPECT_EQ(allowed, 20);
}

TEST_F(Authorise, a_server_that_keeps_failing_is_spared)
{
    answer = CallbackAnswer{503, ""};
    for (int i = 0; i < CircuitBreaker::kFailures + 10; ++i) EXPECT_TRUE(ask().failed);
    EXPECT_EQ(calls.size(), static_cast<std::size_t>(CircuitBreaker::kFailures));
    now_ms += CircuitBreaker::kPauseMs;
    answer = CallbackAnswer{200, ""};
    EXPECT_TRUE(ask().allowed);
    EXPECT_EQ(calls.size(), static_cast<std::size_t>(CircuitBreaker::kFailures) + 1);
}

TEST_F(Authorise, a_channel_without_a_callback_lets_in)
{
    channel(json::object());
    EXPECT_EQ(ask(), (Verdict{.allowed = true}));
    EXPECT_TRUE(calls.empty());
}

TEST_F(Authorise, an_unknown_channel_is_said_to_be_unknown)
{
    const auto verdict = authoriser.ask({.action = "play", .channel = "b"});
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, Errc::not_found);
}

TEST_F(Authorise, any_bytes_may_be_in_a_query)
{
    EXPECT_TRUE(ask("\xff\xfe=%00").allowed);
    EXPECT_EQ(calls.size(), 1U);
}

TEST_F(Authorise, what_happened_is_counted)
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
