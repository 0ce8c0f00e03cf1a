#include "delivery_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace sluice::control::events {
namespace {

using nlohmann::json;

struct DeliveryQueueTest : testing::Test {
    DeliveryQueue queue = DeliveryQueue::from({{"cursor", 0}, {"lanes", json::object()}});

    void offer(std::uint64_t number, const std::string& channel)
    {
        queue.offer(channel, {number, 1000});
        queue.read_up_to(number);
    }

    /// What recalling does: event n is of channel a when it is odd, else of b.
    static void recall_all(DeliveryQueue& queue, std::uint64_t newest)
    {
        while (const auto from = queue.recall_from()) {
            const auto until = std::min(*from + 7, newest);
            for (auto n = *from + 1; n <= until; ++n) queue.recall(n % 2 ? "a" : "b", {n, 1000});
            queue.recalled(until);
        }
    }
};

TEST_F(DeliveryQueueTest, AFailingEventHoldsBackItsOwnChannelOnly)
{
    offer(1, "a");
    offer(2, "a");
    offer(3, "b");
    const auto a = *queue.take(0);
    const auto b = *queue.take(0);
    EXPECT_EQ(a.item.number, 1U);
    EXPECT_EQ(b.item.number, 3U);
    EXPECT_FALSE(queue.take(0)) << "2 waits for 1";

    EXPECT_FALSE(queue.failed("a", 1000, 500));
    queue.delivered("b");
    EXPECT_FALSE(queue.take(1499));
    EXPECT_EQ(queue.next_due_ms(), 1500);
    EXPECT_EQ(queue.needed_from(), 1U);
    const auto again = *queue.take(1500);
    EXPECT_EQ(again.item.number, 1U);
    EXPECT_EQ(again.attempt, 2U);
    queue.delivered("a");
    EXPECT_EQ(queue.take(1500)->item.number, 2U);
    queue.delivered("a");
    EXPECT_EQ(queue.kept(), json({{"cursor", 3}, {"lanes", json::object()}}));
}

TEST_F(DeliveryQueueTest, WhatALaneHasNoRoomForIsFoundAgainInOrder)
{
    constexpr std::uint64_t kAll = 200;
    for (std::uint64_t n = 1; n <= kAll; ++n) offer(n, n % 2 ? "a" : "b");
    EXPECT_LE(queue.waiting(), 2 * DeliveryQueue::kLane);
    std::map<std::string, std::vector<std::uint64_t>> seen;
    for (std::uint64_t done = 0; done < kAll; ++done) {
        recall_all(queue, kAll);
        const auto due = *queue.take(0);
        seen[due.channel].push_back(due.item.number);
        queue.delivered(due.channel);
    }
    for (std::uint64_t n = 0; n < kAll / 2; ++n) {
        EXPECT_EQ(seen["a"][n], 2 * n + 1);
        EXPECT_EQ(seen["b"][n], 2 * n + 2);
    }
    EXPECT_FALSE(queue.take(0));
    EXPECT_EQ(queue.kept()["lanes"], json::object());
}

TEST_F(DeliveryQueueTest, AKilledProcessGoesOnWhereTheStateSays)
{
    for (std::uint64_t n = 1; n <= 100; ++n) offer(n, n % 2 ? "a" : "b");
    for (int i = 0; i < 5; ++i) {
        queue.take(0);
        queue.take(0);
        queue.delivered("b");
        if (i < 2) {
            queue.delivered("a");
        } else {
            queue.failed("a", 0, 0);
        }
    }
    auto next = DeliveryQueue::from(json::parse(queue.kept().dump()));
    EXPECT_EQ(next.cursor(), 100U);
    EXPECT_EQ(next.needed_from(), 5U);
    recall_all(next, 100);
    const auto first = *next.take(0);
    const auto second = *next.take(0);
    EXPECT_EQ(first.item.number, 5U);
    EXPECT_EQ(first.attempt, 4U);
    EXPECT_EQ(second.item.number, 12U);
}

TEST_F(DeliveryQueueTest, LanesThatKnowMoreAreNotServedTwice)
{
    auto kept =
        DeliveryQueue::from({{"cursor", 100}, {"lanes", {{"a", {11, 0, 0}}, {"b", {92, 0, 0}}}}});
    recall_all(kept, 100);
    std::vector<std::uint64_t> b;
    while (true) {
        const auto due = kept.take(0);
        if (!due) break;
        if (due->channel == "b") b.push_back(due->item.number);
        kept.delivered(due->channel);
        recall_all(kept, 100);
    }
    EXPECT_EQ(b, (std::vector<std::uint64_t>{92, 94, 96, 98, 100}));
}

TEST_F(DeliveryQueueTest, AnEventOfADayAgoIsGivenUpAndTheNextGoesOn)
{
    offer(1, "a");
    queue.offer("a", {2, DeliveryQueue::kGiveUpMs});
    queue.read_up_to(2);
    queue.take(0);
    EXPECT_FALSE(queue.failed("a", DeliveryQueue::kGiveUpMs, 10));
    queue.take(DeliveryQueue::kGiveUpMs + 10);
    EXPECT_TRUE(queue.failed("a", DeliveryQueue::kGiveUpMs + 1000, 10));
    const auto next = *queue.take(DeliveryQueue::kGiveUpMs + 1000);
    EXPECT_EQ(next.item.number, 2U);
    EXPECT_EQ(next.attempt, 1U);
}

TEST_F(DeliveryQueueTest, ManyChannelsThatFailDoNotFillTheMemory)
{
    std::uint64_t n = 0;
    while (queue.has_room()) offer(++n, "c" + std::to_string(n));
    EXPECT_EQ(n, DeliveryQueue::kMaxLanes);
    EXPECT_LT(queue.kept().dump().size(), 1U << 20);
}

TEST_F(DeliveryQueueTest, AClockThatIsSetBackHoldsNoLaneForEver)
{
    offer(1, "a");
    queue.take(80'000'000);
    ASSERT_FALSE(queue.failed("a", 80'000'000, 1000));
    EXPECT_TRUE(queue.take(0));
}

TEST(BackOffTest, DelaysDoubleUpToTheirBoundAndHeedTheReceiver)
{
    BackOff back_off{.base_ms = 1000, .random = [] { return 0.0; }};
    EXPECT_EQ(back_off.delay_ms(1, 0), 1000);
    EXPECT_EQ(back_off.delay_ms(4, 0), 8000);
    EXPECT_EQ(back_off.delay_ms(1000, 0), BackOff::kMaxDelayMs);
    EXPECT_EQ(back_off.delay_ms(1, 30), 30'000);
    EXPECT_EQ(back_off.delay_ms(1, 1'000'000'000'000), BackOff::kMaxRetryAfterMs);
    EXPECT_EQ(back_off.delay_ms(1, -5), 1000);
    back_off.random = [] { return 0.999; };
    EXPECT_NEAR(static_cast<double>(back_off.delay_ms(4, 0)), 4000, 10);
}

}  // namespace
}  // namespace sluice::control::events
