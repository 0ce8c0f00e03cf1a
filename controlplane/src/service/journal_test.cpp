#include "journal.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "../store/schema.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

TEST(JournalTest, EventsCountInAllAndInTheirChannel)
{
    const TemporaryStore store;
    const auto journal = *Journal::open(*store);
    ASSERT_TRUE(journal.record({"stream.started", "a", 1000, {{"resumed", false}}}));
    ASSERT_TRUE(journal.record({"stream.started", "b", 1001, json::object()}));
    ASSERT_TRUE(journal.record({"stream.stopped", "a", 1002, json::object()}));
    ASSERT_TRUE(journal.record({"config.applied", "", 1003, json::object()}));

    const auto events = *journal.after(0, 10);

    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0]["number"], 1);
    EXPECT_EQ(events[0]["data"], json({{"resumed", false}}));
    EXPECT_EQ(events[2]["number"], 3);
    EXPECT_EQ(events[2]["channel"], "a");
    EXPECT_EQ(events[2]["seq"], 2);
    EXPECT_EQ(events[1]["seq"], 1);
    EXPECT_EQ(events[3]["channel"], json());
    EXPECT_EQ(journal.after(2, 1)->at(0).at("number"), 3);
    EXPECT_TRUE(journal.after(4, 10)->empty());
}

TEST(JournalTest, NoIdComesTwice)
{
    const TemporaryStore store;
    {
        const auto first = *Journal::open(*store);
        ASSERT_TRUE(first.record({"a.b", "", 1, json::object()}));
    }
    const auto second = *Journal::open(*store);
    ASSERT_TRUE(second.record({"a.b", "", 1, json::object()}));
    const auto events = *second.after(0, 10);
    EXPECT_NE(events[0]["id"], events[1]["id"]);

    // A backup put back gets an installation id of its own.
    ASSERT_TRUE(store->commit({store::remove(std::string(store::schema::kInstallation))}));
    const auto restored = *Journal::open(*store);
    ASSERT_TRUE(restored.record({"a.b", "", 1, json::object()}));
    const auto id = restored.after(2, 10)->at(0).at("id").get<std::string>();
    EXPECT_NE(id.substr(0, id.find('-')),
              events[0]["id"].get<std::string>().substr(0, id.find('-')));
}

TEST(JournalTest, EventsOfManyThreadsLeaveNoGap)
{
    const TemporaryStore store;
    const auto journal = *Journal::open(*store);
    constexpr int kThreads = 8;
    constexpr int kEach = 25;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, channel = std::string(i % 2 == 0 ? "even" : "odd")] {
            for (int n = 0; n < kEach; ++n) {
                EXPECT_TRUE(journal.record({"x.y", channel, 1, json::object()}));
            }
        });
    }
    for (auto& thread : threads) thread.join();

    std::map<std::string, int> seen;
    int number = 0;
    const auto events = *journal.after(0, 1000);
    for (const auto& event : events) {
        EXPECT_EQ(event["number"], ++number);
        EXPECT_EQ(event["seq"], ++seen[event["channel"]]);
    }
    EXPECT_EQ(number, kThreads * kEach);
}

TEST(JournalTest, TextThatIsNotUtf8DoesNotLoseTheEvent)
{
    const TemporaryStore store;
    const auto journal = *Journal::open(*store);
    ASSERT_TRUE(journal.record({"x.y", "", 1, {{"reason", "\xff\xfe"}}}));
    EXPECT_EQ(journal.after(0, 10)->size(), 1U);
}

}  // namespace
}  // namespace sluice::control
