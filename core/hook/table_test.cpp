#include "table.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace sluice::hook {
namespace {

/// Shared with children, as the master's is with its workers.
class TableTest : public testing::Test {
protected:
    static constexpr std::uint32_t kRecords = 4;

    TableTest()
    {
        const auto bytes = Table::bytes_for(kRecords);
        memory_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        table_ = Table({static_cast<std::byte*>(memory_), bytes}, kRecords);
    }
    ~TableTest() override { munmap(memory_, Table::bytes_for(kRecords)); }

    std::vector<std::string> names() const
    {
        std::vector<std::string> found;
        table_.each([&](const Facts& facts, hub::ProcessId) { found.emplace_back(facts.name); });
        return found;
    }

    /// Runs `work` in a process that then dies.
    template <class F>
    static void in_child(F work)
    {
        const auto pid = fork();
        if (pid == 0) {
            work();
            std::_Exit(0);
        }
        waitpid(pid, nullptr, 0);
    }

    void* memory_;
    Table table_;
    hub::ProcessId self_ = hub::own_process_id();
};

TEST_F(TableTest, WhatWasClaimedIsSeenUntilItIsReleased)
{
    auto* record = table_.claim(self_, "demo", "transcode");
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(names(), std::vector<std::string>{"transcode"});
    Table::release(*record);
    EXPECT_TRUE(names().empty());
}

TEST_F(TableTest, WhatOnlyOneMayHaveIsAnothersWhenThatOneIsDead)
{
    in_child([&] {
        const auto child = hub::own_process_id();
        if (table_.claim_sole(child, "cam", "pull") == nullptr) std::_Exit(1);
    });
    auto* record = table_.claim_sole(self_, "cam", "pull");
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(table_.claim_sole(self_, "cam", "pull"), nullptr);
    EXPECT_NE(table_.claim_sole(self_, "cam2", "pull"), nullptr);
    Table::release(*record);
    EXPECT_NE(table_.claim_sole(self_, "cam", "pull"), nullptr);
}

TEST_F(TableTest, NobodyGetsAPlaceWhenAllAreTaken)
{
    for (std::uint32_t i = 0; i < kRecords; ++i) ASSERT_NE(table_.claim(self_, "a", "b"), nullptr);
    EXPECT_EQ(table_.claim(self_, "a", "b"), nullptr);
}

TEST_F(TableTest, APlaceOfADeadWorkerIsFreeAndItsShareToo)
{
    in_child([&] {
        for (std::uint32_t i = 0; i < kRecords; ++i) {
            auto* record = table_.claim(hub::own_process_id(), "a", "b");
            table_.reserve(*record, 1024, 512);
        }
    });
    EXPECT_TRUE(names().empty());
    EXPECT_EQ(table_.taken().cpu_units, 0U);
    EXPECT_NE(table_.claim(self_, "a", "b"), nullptr);
}

TEST_F(TableTest, WhatDoesNotFitWaitsUntilSomethingIsGivenBack)
{
    table_.set_budget({.cpu_units = 2048, .memory_mb = 4096});
    auto* first = table_.claim(self_, "a", "one");
    auto* second = table_.claim(self_, "a", "two");
    EXPECT_TRUE(table_.reserve(*first, 1024, 2048));
    EXPECT_TRUE(table_.reserve(*first, 1024, 2048)) << "its own share is not in its way";
    EXPECT_FALSE(table_.reserve(*second, 2048, 1));
    EXPECT_FALSE(table_.reserve(*second, 1, 2049));
    EXPECT_EQ(table_.taken().cpu_units, 1024U);
    Table::give_back(*first);
    EXPECT_TRUE(table_.reserve(*second, 2048, 4096));
}

TEST_F(TableTest, AHookLargerThanTheBudgetMayHaveAllOfIt)
{
    auto* first = table_.claim(self_, "a", "one");
    table_.set_budget({.cpu_units = 1000, .memory_mb = 0});
    EXPECT_TRUE(table_.reserve(*first, 4096, 8192));
}

TEST_F(TableTest, WhoDiesWhileItLooksHoldsUpNobody)
{
    in_child([&] { table_.header().reserving.store(hub::own_process_id()); });
    auto* record = table_.claim(self_, "a", "one");
    EXPECT_TRUE(table_.reserve(*record, 1, 1));
}

}  // namespace
}  // namespace sluice::hook
