#include "deliverer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "../service/temporary_store.hpp"
#include "../store/schema.hpp"
#include "retention.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

/// A receiver without a network; time goes on only while nothing is under way.
struct World {
    std::int64_t now_ms = 1'000'000;
    std::function<long(const json& event)> answer = [](const json&) { return 200L; };
    std::vector<json> accepted;
    std::size_t requests = 0;
    std::size_t most_at_once = 0;
};

class FakeSender final : public Sender {
public:
    explicit FakeSender(World& world) : world_(world) {}

    void send(Sending sending) override { waiting_.push_back(std::move(sending)); }

    std::vector<Sent> wait(std::chrono::milliseconds limit) override
    {
        world_.most_at_once = std::max(world_.most_at_once, waiting_.size());
        if (waiting_.empty()) {
            world_.now_ms += std::max<std::int64_t>(limit.count(), 1);
            return {};
        }
        std::vector<Sent> done;
        for (const auto& sending : std::exchange(waiting_, {})) {
            ++world_.requests;
            const auto event = json::parse(sending.body);
            const auto status = world_.answer(event);
            if (status == 200) world_.accepted.push_back(event);
            done.push_back({sending.tag, status, status == 0 ? "no answer" : "", 1, 0});
        }
        return done;
    }

    void wake() override {}

private:
    World& world_;
    std::vector<Sending> waiting_;
};

struct DelivererTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    Webhooks webhooks{*store, journal, [] { return true; }};
    World world;
    std::unique_ptr<Deliverer> deliverer = make();
    std::string hook;

    std::unique_ptr<Deliverer> make()
    {
        return std::make_unique<Deliverer>(
            *store, journal, webhooks, std::make_unique<FakeSender>(world),
            Deliverer::Options{.back_off = {}, .now_ms = [this] { return world.now_ms; }});
    }

    void subscribe(json body = json::object())
    {
        body["url"] = "http://receiver/";
        hook = webhooks.create(Caller::system("test"), body)->webhook.at("id");
    }

    void record(int count, int channels, const std::string& type = "stream.started")
    {
        std::vector<store::Operation> work;
        for (int i = 0; i < count; ++i) {
            work.push_back(journal.entry({type, "c" + std::to_string(i % channels), world.now_ms}));
            if (work.size() < 100 && i + 1 < count) continue;
            ASSERT_TRUE(store->commit(std::exchange(work, {})));
        }
    }

    bool idle() const { return deliverer->facts().backlog == 0; }

    void run_until(const std::function<bool()>& done)
    {
        for (int turns = 0; turns < 200'000; ++turns) {
            deliverer->turn(std::chrono::milliseconds(1000));
            if (done()) return;
        }
        FAIL() << "it does not come to an end";
    }

    /// Each event once or more, first deliveries in order within their channel.
    void expect_all_in_order(int count) const
    {
        std::set<std::string> ids;
        std::map<std::string, std::uint64_t> last;
        for (const auto& event : world.accepted) {
            if (!ids.insert(event.at("id")).second) continue;
            auto& before = last[event.at("channel")];
            EXPECT_EQ(event.at("seq"), before + 1) << event;
            before = event.at("seq");
        }
        EXPECT_EQ(ids.size(), static_cast<std::size_t>(count));
    }

    json log_of() const { return list_deliveries(*store, hook, 1000, "")->at("items"); }
};

TEST_F(DelivererTest, AllArriveInOrderAtAReceiverThatFailsHalfOfTheTime)
{
    subscribe();
    constexpr int kEvents = 3000;
    record(kEvents, 50);
    std::minstd_rand random(7);
    world.answer = [&](const json&) { return random() % 2 == 0 ? 200L : 500L; };
    run_until([this] { return idle(); });
    expect_all_in_order(kEvents);
    EXPECT_EQ(world.accepted.size(), static_cast<std::size_t>(kEvents));
    EXPECT_LE(world.most_at_once, Deliverer::kInFlightOfOne);
    EXPECT_EQ(deliverer->facts().delivered, static_cast<std::uint64_t>(kEvents));
    deliverer->turn(std::chrono::milliseconds(1000));
    deliverer->turn(std::chrono::milliseconds(1000));
    const auto log = log_of();
    EXPECT_EQ(log.size(), DeliveryLog::kKept);
    for (const auto& record : log) EXPECT_EQ(record["status"], "delivered");
    EXPECT_EQ(log[0]["number"], kEvents);
}

TEST_F(DelivererTest, AProcessThatIsKilledRepeatsButNeitherLosesNorReorders)
{
    subscribe();
    constexpr int kEvents = 1500;
    record(kEvents, 30);
    std::minstd_rand random(3);
    world.answer = [&](const json&) { return random() % 2 == 0 ? 200L : 0L; };
    for (int kill = 1; kill <= 5; ++kill) {
        run_until([&] { return world.requests > static_cast<std::size_t>(kill) * 400; });
        deliverer = make();
    }
    run_until([this] { return idle(); });
    expect_all_in_order(kEvents);
}

TEST_F(DelivererTest, AChannelThatFailsHoldsUpNoOtherAndIsGivenUpAfterADay)
{
    subscribe();
    record(40, 2);
    world.answer = [](const json& event) { return event["channel"] == "c1" ? 503L : 200L; };
    run_until([&] { return world.accepted.size() == 20; });
    const auto began = world.now_ms;
    EXPECT_EQ(deliverer->facts().gave_up, 0U);
    run_until([&] { return deliverer->facts().gave_up == 20; });
    EXPECT_GT(world.now_ms - began, 23 * 3'600'000);
    record(1, 1);
    run_until([&] { return world.accepted.size() > 20; });
    run_until([this] { return idle(); });
    const auto events = *journal.after(40, 100);
    const auto told = std::ranges::count_if(
        events, [](const auto& event) { return event["type"] == "webhook.gave_up"; });
    EXPECT_EQ(told, 20);
    EXPECT_EQ(world.accepted.size(), 21U) << "a webhook is not told of itself";
}

TEST_F(DelivererTest, AReceiverThatIsGoneIsDisabled)
{
    subscribe();
    record(5, 1);
    world.answer = [](const json&) { return 410L; };
    run_until([&] { return !webhooks.get(hook)->webhook.at("enabled").get<bool>(); });
    for (int i = 0; i < 5; ++i) deliverer->turn(std::chrono::milliseconds(1000));
    EXPECT_EQ(world.requests, 1U);
    EXPECT_EQ(journal.after(5, 1)->at(0).at("type"), "webhook.disabled");
    world.answer = [](const json&) { return 200L; };
    ASSERT_TRUE(webhooks.patch(Caller::system("test"), hook, {{"enabled", true}}, {}));
    record(1, 1);
    run_until([&] { return world.accepted.size() == 1; });
}

TEST_F(DelivererTest, OnlyWhatWasAskedForIsSent)
{
    subscribe({{"events", {"stream.*"}}, {"channels", {"c1", "c2"}}});
    record(9, 3);
    record(9, 3, "config.applied");
    run_until([this] { return idle(); });
    EXPECT_EQ(world.accepted.size(), 6U);
}

TEST_F(DelivererTest, WhatWasRemovedBeforeIsSaidInTheLog)
{
    subscribe();
    record(300, 1);
    Bounds bounds{.max_count = 100, .max_days = 30};
    Retention retention(
        *store, journal, [&] { return bounds; }, [] { return UINT64_MAX; });
    ASSERT_TRUE(retention.run(world.now_ms));
    run_until([&] { return world.accepted.size() == 100; });
    EXPECT_EQ(deliverer->facts().lost, 200U);
    for (int i = 0; i < 3; ++i) deliverer->turn(std::chrono::milliseconds(1000));
    const auto lost = get_delivery(*store, hook, 1);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->at("status"), "lost");
}

TEST_F(DelivererTest, WhatIsUndeliveredIsNeeded)
{
    subscribe();
    record(10, 1);
    world.answer = [](const json& event) { return event["number"] < 4 ? 200L : 500L; };
    run_until([&] { return world.accepted.size() == 3; });
    deliverer->turn(std::chrono::milliseconds(1));
    EXPECT_EQ(deliverer->needed_from(), 4U);
}

TEST_F(DelivererTest, ATestIsSentAtOnceAndAnswered)
{
    subscribe({{"enabled", false}});
    world.answer = [](const json& event) { return event["type"] == "webhook.test" ? 204L : 500L; };
    auto outcome = std::async(std::launch::async, [&] { return deliverer->test(hook); });
    run_until(
        [&] { return outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    const auto answer = *outcome.get();
    EXPECT_EQ(answer["delivered"], true);
    EXPECT_EQ(answer["code"], 204);
    EXPECT_EQ(*journal.newest(), 0U) << "a test is no event of the journal";
}

TEST_F(DelivererTest, TheLogOfADeletedWebhookGoesWithIt)
{
    subscribe();
    record(150, 1);
    run_until([this] { return idle(); });
    for (int i = 0; i < 5; ++i) deliverer->turn(std::chrono::milliseconds(1000));
    ASSERT_EQ(log_of().size(), 150U);
    ASSERT_TRUE(webhooks.remove(Caller::system("test"), hook, {}));
    deliverer->turn(std::chrono::milliseconds(1));
    EXPECT_TRUE(log_of().empty());
}

}  // namespace
}  // namespace sluice::control::events
