#include "census.hpp"

#include <gtest/gtest.h>

#include "../store/schema.hpp"
#include "journal.hpp"
#include "temporary_store.hpp"

namespace sluice::control {
namespace {

using namespace std::chrono_literals;
namespace schema = store::schema;

class CensusTest : public testing::Test {
protected:
    bool says(const std::string& line, Census::Clock::duration later = {})
    {
        return census.metrics(100, Census::Clock::time_point(1h) + later)
                   .find("\n" + line + "\n") != std::string::npos;
    }

    void session(const std::string& id)
    {
        ASSERT_TRUE(store->commit({store::put(schema::session(id), "{}")}));
    }

    TemporaryStore store;
    Journal journal = *Journal::open(*store);
    Census census{*store, "/nowhere"};
};

TEST_F(CensusTest, ALogIsCountedByItsNumbers)
{
    EXPECT_TRUE(says("sluice_events 0"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(journal.record({.type = "test.own"}));
    ASSERT_TRUE(store->commit({store::remove(store::numbered_key(schema::kEvents, 1))}));
    EXPECT_TRUE(says("sluice_events 4"));
    EXPECT_TRUE(says("sluice_events_max 100"));
}

TEST_F(CensusTest, AFolderIsCountedAgainWhenItChangedAndAMinuteIsOver)
{
    session("a-1");
    EXPECT_TRUE(says("sluice_sessions 1"));
    session("a-2");
    EXPECT_TRUE(says("sluice_sessions 1", 59s));
    EXPECT_TRUE(says("sluice_sessions 2", 60s));
    EXPECT_TRUE(says("sluice_sessions 2", 10min));
}

TEST_F(CensusTest, WhatIsNotThereIsNone)
{
    EXPECT_TRUE(says("sluice_backups 0"));
    EXPECT_TRUE(says("sluice_audit_entries 0"));
    EXPECT_TRUE(says("sluice_idempotency_answers 0"));
}

}  // namespace
}  // namespace sluice::control
