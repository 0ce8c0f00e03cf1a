#include "deliverer.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <random>
#include <set>

#include "../service/temporary_store.hpp"
#include "../service/unreliable_store.hpp"
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
    TemporaryStore folder;
    UnreliableStore store{*folder};
    Journal journal = *Journal::open(store);
    Webhooks webhooks{store, journal, [] { return true; }};
    World world;
    std::unique_ptr<Deliverer> deliverer = make();
    std::string hook;

    std::unique_ptr<Deliverer> make()
    {
        return std::make_unique<Deliverer>(
            store, journal, webhooks, std::make_unique<FakeSender>(world),
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
            ASSERT_TRUE(store.commit(std::exchange(work, {})));
        }
    }

    /// Leaves the newest `count` events in the journal, needed or not.
    void retain(std::uint64_t count)
    {
        const Bounds bounds{.max_count = count, .max_days = 30};
        Retention retention(
            store, journal, [&] { return bounds; }, [] { return UINT64_MAX; });
        ASSERT_TRUE(retention.run(world.now_ms));
    }

    void write_down()
    {
        for (int i = 0; i < 5; ++i) deliverer->turn(std::chrono::milliseconds(1000));
    }

    /// Turns of the deliverer while so much time goes by.
    int turns_in(std::int64_t ms)
    {
        const auto end = world.now_ms + ms;
        int turns = 0;
        for (; world.now_ms < end && turns < 100'000; ++turns) {
            deliverer->turn(std::chrono::milliseconds(1000));
        }
        return turns;
    }

    std::ptrdiff_t journalled(const std::string& type) const
    {
        const auto events = *journal.after(0, 10'000);
        return std::ranges::count_if(events, [&](const auto& e) { return e["type"] == type; });
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

    json log_of() const { return list_deliveries(store, hook, 1000, "")->at("items"); }
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
    retain(100);
    run_until([&] { return world.accepted.size() == 100; });
    EXPECT_EQ(deliverer->facts().lost, 200U);
    for (int i = 0; i < 3; ++i) deliverer->turn(std::chrono::milliseconds(1000));
    const auto lost = get_delivery(store, hook, 1);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->at("status"), "lost");
}

TEST_F(DelivererTest, WhatWasRemovedBehindAChannelThatFailsIsSaidInTheLog)
{
    subscribe();
    record(800, 2);
    world.answer = [](const json& event) { return event["channel"] == "c1" ? 503L : 200L; };
    run_until([&] { return world.accepted.size() == 400; });
    retain(100);
    world.answer = [](const json&) { return 200L; };
    run_until([this] { return idle(); });
    write_down();
    EXPECT_EQ(world.accepted.size(), 450U);
    json gap;
    std::size_t single = 0;
    for (const auto& record : log_of()) {
        if (record["status"] != "lost") continue;
        const bool many = record["error"].get<std::string>().starts_with("up to");
        if (many) gap = record;
        single += many ? 0 : 1;
    }
    EXPECT_GE(single, 1U) << "those whose numbers were known";
    ASSERT_TRUE(gap.is_object()) << "the others";
    EXPECT_GT(gap["number"], 2 * DeliveryQueue::kLane - 2);
    EXPECT_GE(deliverer->facts().lost, 350U);
}

TEST_F(DelivererTest, LanesOfWhichNothingIsLeftDoNotHoldUpTheRest)
{
    subscribe();
    constexpr int kChannels = DeliveryQueue::kMaxLanes;
    record(kChannels, kChannels);
    record(2000, kChannels);
    world.answer = [](const json&) { return 503L; };
    run_until([&] { return world.requests >= 2 * kChannels; });
    write_down();
    deliverer = make();
    retain(WebhookFeed::kPage + 100);
    world.answer = [](const json&) { return 200L; };
    run_until([&] { return world.accepted.size() == WebhookFeed::kPage + 100; });
}

TEST_F(DelivererTest, TwoThatCanNotBeReachedDoNotTellEachOtherOfItForEver)
{
    subscribe();
    subscribe();
    record(1, 1);
    world.answer = [](const json&) { return 0L; };
    run_until([this] { return deliverer->facts().gave_up == 4 && idle(); });
    EXPECT_EQ(journalled("webhook.gave_up"), 2) << "one each, about the event, none about those";
}

TEST_F(DelivererTest, AFullDiskMakesNoBusyLoopOfAReceiverThatIsGone)
{
    subscribe();
    record(1, 1);
    world.answer = [](const json&) { return 410L; };
    store.full = true;
    EXPECT_LT(turns_in(60'000), 1000);
    EXPECT_LT(world.requests, 12U);
    EXPECT_LT(store.refused, 200U);
    store.full = false;
    run_until([&] { return !webhooks.get(hook)->webhook.at("enabled").get<bool>(); });
}

TEST_F(DelivererTest, WhatCanNotBeWrittenDownIsNotSent)
{
    subscribe();
    record(3000, 100);
    store.full = true;
    turns_in(60'000);
    EXPECT_LE(world.accepted.size(), Deliverer::kMaxUnwritten + Deliverer::kInFlightOfOne);
    store.full = false;
    run_until([this] { return idle(); });
    expect_all_in_order(3000);
}

TEST_F(DelivererTest, AJournalThatCanNotBeReadMakesNoBusyLoop)
{
    subscribe();
    deliverer->turn(std::chrono::milliseconds(1));
    record(1, 1);
    store.unreadable = true;
    EXPECT_LT(turns_in(60'000), 1000);
    store.unreadable = false;
    run_until([&] { return world.accepted.size() == 1; });
}

TEST_F(DelivererTest, EventsOfStrangeShapeArriveAndStopNobody)
{
    subscribe();
    ASSERT_TRUE(journal.record({"webhook.odd", {}, world.now_ms, {{"webhook", 7}}}));
    ASSERT_TRUE(journal.record({"webhook.odd", {}, world.now_ms, json::array()}));
    ASSERT_TRUE(journal.record({"webhook.odd", {}, world.now_ms, json()}));
    record(1, 1);
    run_until([&] { return world.accepted.size() == 4; });
}

TEST_F(DelivererTest, TheBacklogCountsWhatNobodyHasReadYet)
{
    subscribe();
    record(300, 1);
    world.answer = [](const json& event) { return event["number"] < 11 ? 200L : 500L; };
    run_until([&] { return world.accepted.size() == 10; });
    deliverer->turn(std::chrono::milliseconds(1));
    EXPECT_EQ(deliverer->facts().backlog, 290U);
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

/// Answers what it was sent only after the service was told to end.
class LateSender final : public Sender {
public:
    explicit LateSender(World& world) : world_(world) {}

    void send(Sending sending) override
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(sending));
        changed_.notify_all();
    }
    std::vector<Sent> wait(std::chrono::milliseconds limit) override
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, limit, [this] { return woken_ || (ending_ && seen_end_); });
        woken_ = false;
        if (!std::exchange(seen_end_, ending_)) return {};
        std::vector<Sent> done;
        for (const auto& sending : std::exchange(waiting_, {})) {
            world_.accepted.push_back(json::parse(sending.body));
            done.push_back({sending.tag, 200, "", 1, 0});
        }
        return done;
    }
    void wake() override
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        ending_ = ending_ || std::this_thread::get_id() == test_;
        changed_.notify_all();
    }

    void await(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_.size() >= count; });
    }

private:
    World& world_;
    const std::thread::id test_ = std::this_thread::get_id();  ///< nobody else calls stop()
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Sending> waiting_;
    bool woken_ = false;
    bool ending_ = false;
    bool seen_end_ = false;  ///< a wait has ended without an answer since
};

TEST_F(DelivererTest, RequestsThatRunWhenItEndsAreNotRepeated)
{
    subscribe();
    record(20, 10);
    auto late = std::make_unique<LateSender>(world);
    auto& sender = *late;
    deliverer = std::make_unique<Deliverer>(
        store, journal, webhooks, std::move(late),
        Deliverer::Options{.back_off = {}, .now_ms = [] { return 1'000'000; }});
    deliverer->start();
    sender.await(10);
    deliverer->stop();
    EXPECT_EQ(world.accepted.size(), 10U) << "nothing is begun any more";
    deliverer = make();
    run_until([this] { return idle(); });
    expect_all_in_order(20);
    EXPECT_EQ(world.accepted.size(), 20U);
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
