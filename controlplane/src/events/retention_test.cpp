#include "retention.hpp"

#include <gtest/gtest.h>

#include "../service/event_list.hpp"
#include "../service/temporary_store.hpp"

namespace sluice::control::events {
namespace {

constexpr std::int64_t kDay = 86'400'000;

struct RetentionTest : testing::Test {
    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    Bounds bounds{.max_count = 150, .max_days = 10};
    std::uint64_t needed = UINT64_MAX;
    Retention retention{*store, journal, [this] { return bounds; }, [this] { return needed; }};

    void record(int count, std::int64_t at)
    {
        std::vector<store::Operation> work;
        for (int i = 0; i < count; ++i) work.push_back(journal.entry({"x.y", "", at}));
        ASSERT_TRUE(store->commit(work));
    }
};

TEST_F(RetentionTest, TheOldestGoWhenThereAreTooMany)
{
    for (int i = 0; i < 5; ++i) record(100, 0);
    ASSERT_TRUE(retention.run(1000));
    EXPECT_EQ(*journal.oldest(), 351U);
    EXPECT_EQ(*journal.newest(), 500U);
}

TEST_F(RetentionTest, OldOnesGoButTheNewestStaysSoThatNumbersGoOn)
{
    record(3, 0);
    ASSERT_TRUE(retention.run(11 * kDay));
    EXPECT_EQ(*journal.oldest(), 3U);
    record(1, 11 * kDay);
    EXPECT_EQ(*journal.newest(), 4U);
}

TEST_F(RetentionTest, WhatIsNeededStaysForADayAndTwiceTheBound)
{
    record(100, 0);
    record(100, 0);
    needed = 21;
    ASSERT_TRUE(retention.run(1000));
    EXPECT_EQ(*journal.oldest(), 21U);
    record(100, 0);
    record(100, 0);
    ASSERT_TRUE(retention.run(1000));
    EXPECT_EQ(*journal.oldest(), 101U);
    ASSERT_TRUE(retention.run(kDay + 1));
    EXPECT_EQ(*journal.oldest(), 251U);
}

TEST_F(RetentionTest, WhoAsksForWhatIsGoneIsTold)
{
    for (int i = 0; i < 2; ++i) record(100, 0);
    ASSERT_TRUE(retention.run(1000));
    const auto gone = list_events(journal, {.after = 10, .scope = Scope::admin});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::gone);
    EXPECT_NE(gone.error().detail.find("number 51"), std::string::npos);
    const auto kept = list_events(journal, {.after = 50, .limit = 7, .scope = Scope::admin});
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->at("items").size(), 7U);
    EXPECT_EQ(kept->at("next_cursor"), "57");
    EXPECT_EQ(list_events(journal, {.scope = Scope::admin})->at("items").at(0).at("number"), 51);
}

}  // namespace
}  // namespace sluice::control::events
