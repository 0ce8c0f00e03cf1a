#include "health_record.hpp"

#include <gtest/gtest.h>

#include "../store/schema.hpp"
#include "temporary_store.hpp"
#include "unreliable_store.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

/// Looks at the stream `demo`, whose channel asks for 20 frames a second at once. Each process has
/// a book of its own.
class HealthRecordTest : public testing::Test {
protected:
    struct Process {
        HealthBook book;
        HealthRecord record;
    };

    Process start()
    {
        Process process{{}, {*store, journal}};
        EXPECT_TRUE(process.record.load(process.book, now_ms));
        return process;
    }

    Result<void> look(Process& process, double fps, bool there = true)
    {
        now_ms += 1000;
        json answer{{"boot", "b"}, {"now_ms", now_ms}, {"streams", json::array()}};
        if (there) {
            answer["streams"].push_back({{"id", "demo"},
                                         {"state", "live"},
                                         {"publisher", {{"connected_at_ms", 1}}},
                                         {"video", {{"fps", fps}, {"bitrate_bps", 1}}}});
        }
        const auto limits = [](const std::string&) {
            return HealthLimits{.thresholds = {std::nullopt, 20.0}};
        };
        const auto changes = process.book.take(answer, limits, now_ms);
        return process.record.commit(changes, process.book, now_ms);
    }

    std::vector<std::string> told() const
    {
        std::vector<std::string> types;
        const auto events = journal.after(0, 100);
        for (const auto& event : *events) types.push_back(event.at("type"));
        return types;
    }

    std::size_t kept() const
    {
        return store->list(store::schema::kRingHealth, "", 10)->items.size();
    }

    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    std::int64_t now_ms = 1'000'000;
};

TEST_F(HealthRecordTest, WhatWasToldIsToldByNoLaterProcess)
{
    auto first = start();
    ASSERT_TRUE(look(first, 5));
    auto second = start();
    ASSERT_TRUE(look(second, 5));
    EXPECT_EQ(told(), std::vector<std::string>{"stream.degraded"});
    const auto before = first.book.breaches("demo");
    const auto after = second.book.breaches("demo");
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].rule, HealthRule::fps);
    EXPECT_NEAR(static_cast<double>(after[0].since_ms), static_cast<double>(before[0].since_ms),
                2000);
}

TEST_F(HealthRecordTest, AStreamThatHealedMeanwhileRecoversOnce)
{
    auto first = start();
    ASSERT_TRUE(look(first, 5));
    auto second = start();
    ASSERT_TRUE(look(second, 25));
    auto third = start();
    ASSERT_TRUE(look(third, 25));
    EXPECT_EQ(told(), (std::vector<std::string>{"stream.degraded", "stream.recovered"}));
    EXPECT_EQ(kept(), 0U);
}

TEST_F(HealthRecordTest, AStreamThatEndedLeavesNothing)
{
    auto first = start();
    ASSERT_TRUE(look(first, 5));
    EXPECT_EQ(kept(), 1U);
    auto second = start();
    ASSERT_TRUE(look(second, 5, false));
    EXPECT_EQ(kept(), 0U);
    EXPECT_EQ(told(), std::vector<std::string>{"stream.degraded"});
}

TEST_F(HealthRecordTest, WhatCouldNotBeStoredIsToldLater)
{
    auto process = start();
    UnreliableStore disk(*store);
    disk.full = true;
    Process stuck{process.book, {disk, journal}};
    EXPECT_FALSE(look(stuck, 5));
    EXPECT_TRUE(told().empty());
    ASSERT_TRUE(look(process, 5)) << "the book of before still has it to tell";
    EXPECT_EQ(told(), std::vector<std::string>{"stream.degraded"});
}

TEST_F(HealthRecordTest, WhatStaysAsItIsIsNotWrittenAgain)
{
    auto process = start();
    ASSERT_TRUE(look(process, 5));
    const auto revision = *store->revision();
    ASSERT_TRUE(look(process, 6));
    EXPECT_EQ(*store->revision(), revision);
}

}  // namespace
}  // namespace sluice::control
