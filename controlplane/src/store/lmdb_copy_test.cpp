#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "core/channel/temporary_folder.hpp"
#include "lmdb_store.hpp"

namespace sluice::control::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class LmdbCopyTest : public testing::Test {
protected:
    std::unique_ptr<LmdbStore> open(const std::string& name, std::size_t map = 16 << 20) const
    {
        auto store = LmdbStore::open(folder_ / name, map);
        EXPECT_TRUE(store) << (store ? "" : store.error().detail);
        return store ? std::move(*store) : nullptr;
    }

    static std::string value(const LmdbStore& store, const std::string& key)
    {
        const auto entry = store.get(key);
        return entry && *entry ? (*entry)->value : "-";
    }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
    const LmdbStore::Exceptions except_{.keep = {"log/"}, .leave_out = {"secret/"}};
};

TEST_F(LmdbCopyTest, ACopyMadeWhileWritesGoOnHoldsWholeTransactions)
{
    const auto store = open("a");
    std::atomic<bool> end = false;
    std::jthread writer([&] {
        for (int i = 0; !end; ++i) {
            const auto text = std::to_string(i);
            ASSERT_TRUE(store->commit({put("x", text), put("y", text), put("z" + text, text)}));
        }
    });
    for (int i = 0; i < 5; ++i) {
        const auto name = "copy" + std::to_string(i);
        ASSERT_TRUE(store->copy_to(folder_ / name));
        struct stat facts = {};
        ASSERT_EQ(stat((folder_ / name).c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777, 0600U);
        const auto copy = open(name);
        EXPECT_EQ(value(*copy, "x"), value(*copy, "y"));
    }
    end = true;
}

TEST_F(LmdbCopyTest, ACopyNeverOverwritesAFileAndLeavesNoneBehindWhenItFails)
{
    const auto store = open("a");
    ASSERT_TRUE(store->copy_to(folder_ / "copy"));
    EXPECT_EQ(store->copy_to(folder_ / "copy").error().code, Errc::unavailable);
    EXPECT_TRUE(fs::exists(folder_ / "copy"));
    EXPECT_EQ(store->copy_to("/dev/full/copy").error().code, Errc::unavailable);
}

TEST_F(LmdbCopyTest, ReplacingTakesWhatTheOtherHasAndKeepsWhatIsExcepted)
{
    const auto store = open("a");
    const auto other = open("b");
    ASSERT_TRUE(other->commit(
        {put("both", "old"), put("gone", "back"), put("secret/1", "x"), put("log/1", "other's")}));
    ASSERT_TRUE(store->commit(
        {put("both", "new"), put("added", "since"), put("secret/2", "y"), put("log/1", "own")}));
    const auto made =
        append("log/", "", [](const Position& p) { return std::to_string(p.number); });
    ASSERT_TRUE(store->replace_with(*other, except_, {made, put("note", "restored")}));
    EXPECT_EQ(value(*store, "both"), "old");
    EXPECT_EQ(value(*store, "gone"), "back");
    EXPECT_EQ(value(*store, "added"), "-");
    EXPECT_EQ(value(*store, "secret/1"), "-");
    EXPECT_EQ(value(*store, "secret/2"), "-");
    EXPECT_EQ(value(*store, "log/1"), "own");
    EXPECT_EQ(value(*store, numbered_key("log/", 1)), "1");
    EXPECT_EQ(value(*store, "note"), "restored");
}

TEST_F(LmdbCopyTest, AVersionThatWasThereBeforeNeverComesBack)
{
    const auto store = open("a");
    ASSERT_TRUE(store->commit({put("x", "1")}));
    ASSERT_TRUE(store->copy_to(folder_ / "copy"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->commit({put("x", "later")}));
    const auto before = (*store->get("x"))->version;
    const auto revision = store->replace_with(*open("copy"), except_, {put("y", "")});
    ASSERT_TRUE(revision);
    EXPECT_GT((*store->get("x"))->version, before);
    EXPECT_EQ((*store->get("x"))->version, *revision);
    EXPECT_EQ(*store->revision(), *revision);
}

TEST_F(LmdbCopyTest, EveryFolderCountsAsChangedThatLostOrGotSomething)
{
    const auto store = open("a");
    const auto other = open("b");
    ASSERT_TRUE(other->commit({put("got/1", "x"), put("log/1", "x")}));
    const auto before = store->commit({put("lost/1", "x"), put("log/1", "y")});
    const auto revision = store->replace_with(*other, except_, {put("note", "")});
    EXPECT_EQ(*store->last_change("got/"), *revision);
    EXPECT_EQ(*store->last_change("lost/"), *revision);
    EXPECT_EQ(*store->last_change("log/"), *before);
}

TEST_F(LmdbCopyTest, WhoWatchesIsToldToListAgain)
{
    const auto store = open("a");
    const auto seen = store->commit({put("x", "1")});
    ASSERT_TRUE(store->copy_to(folder_ / "copy"));
    const auto revision = store->replace_with(*open("copy"), except_, {put("y", "")});
    EXPECT_EQ(store->watch("", *seen, 0ms).error().code, Errc::gone);
    ASSERT_TRUE(store->commit({put("x", "2")}));
    EXPECT_EQ(store->watch("", *revision, 0ms)->items.size(), 1U);
}

TEST_F(LmdbCopyTest, MoreThanTheMapHoldsMakesTheMapGrow)
{
    const auto other = open("b", 64 << 20);
    const std::string large(100'000, 'x');
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(other->commit({put("k" + std::to_string(i), large)}));
    const auto store = open("a", 1 << 20);
    ASSERT_TRUE(store->replace_with(*other, except_, {put("note", "")}));
    EXPECT_EQ(value(*store, "k49"), large);
    EXPECT_TRUE(store->commit({put("more", large)}));
}

TEST_F(LmdbCopyTest, AProcessKilledMeanwhileLeavesTheOneStateOrTheOther)
{
    {
        const auto other = open("b", 64 << 20);
        for (int i = 0; i < 20; ++i) {
            std::vector<Operation> work;
            for (int k = 0; k < 100; ++k) {
                work.push_back(put("k" + std::to_string(i * 100 + k), std::string(1000, 'b')));
            }
            ASSERT_TRUE(other->commit(std::move(work)));
        }
        ASSERT_TRUE(open("a", 64 << 20)->commit({put("state", "a")}));
    }
    for (int round = 0; round < 10; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            auto store = LmdbStore::open(folder_ / "a", 64 << 20);
            auto other = LmdbStore::open(folder_ / "b", 64 << 20);
            for (;;) static_cast<void>((*store)->replace_with(**other, {}, {put("state", "b")}));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5 * round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const auto store = open("a", 64 << 20);
        const auto state = value(*store, "state");
        const auto count = store->list("k", "", 5000)->items.size();
        EXPECT_EQ(count, state == "b" ? 2000U : 0U) << round;
    }
}

}  // namespace
}  // namespace sluice::control::store
