#include "migrate.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "core/channel/temporary_folder.hpp"
#include "lmdb_store.hpp"
#include "schema.hpp"

namespace sluice::control::store {
namespace {

namespace fs = std::filesystem;

/// As steps are: one that may run again does no harm.
Result<void> add_a(Store& store)
{
    return store.commit({put("a", "made by step 1")}).map([](Revision) {});
}

Result<void> move_a_to_b(Store& store)
{
    auto a = store.get("a");
    if (!a || !*a) return {};
    return store.commit({put("b", (*a)->value), remove("a")}).map([](Revision) {});
}

Result<void> die_before_the_end(Store& store)
{
    static_cast<void>(move_a_to_b(store));
    _exit(0);
}

Result<void> fail_for_now(Store&)
{
    return fail(Errc::unavailable, "not now");
}

class MigrateTest : public testing::Test {
protected:
    Result<std::unique_ptr<LmdbStore>> open(std::span<const Step> steps) const
    {
        return LmdbStore::open(file(), LmdbStore::kDefaultMap, steps);
    }

    fs::path file() const { return folder_ / "control.mdb"; }
    fs::path kept(int version) const { return file().string() + ".v" + std::to_string(version); }

    static std::string value(const Store& store, std::string_view key)
    {
        const auto entry = store.get(key);
        return entry && *entry ? (*entry)->value : "-";
    }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
    const std::array<Step, 2> steps_{add_a, move_a_to_b};
};

TEST_F(MigrateTest, TheStepsThatAStoreLacksRunInOrder)
{
    ASSERT_TRUE(open({}));
    const auto store = open(steps_);
    ASSERT_TRUE(store);
    EXPECT_EQ(value(**store, schema::kSchema), R"({"version":3})");
    EXPECT_EQ(value(**store, "b"), "made by step 1");
    EXPECT_EQ(value(**store, "a"), "-");
}

TEST_F(MigrateTest, ANewStoreNeedsNoStep)
{
    const auto store = open(steps_);
    EXPECT_EQ(value(**store, schema::kSchema), R"({"version":3})");
    EXPECT_EQ(value(**store, "b"), "-");
    EXPECT_FALSE(fs::exists(kept(1)));
}

TEST_F(MigrateTest, WhatItWasBeforeIsKeptBesideIt)
{
    ASSERT_TRUE((*open({}))->commit({put("x", "of version 1")}));
    ASSERT_TRUE(open(steps_));
    EXPECT_EQ(fs::status(kept(1)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    const auto before = LmdbStore::open(kept(1));
    EXPECT_EQ(value(**before, schema::kSchema), R"({"version":1})");
    EXPECT_EQ(value(**before, "x"), "of version 1");
}

TEST_F(MigrateTest, ACrashInAStepGoesOnThereAndTheCopyStaysThatOfTheBeginning)
{
    ASSERT_TRUE((*open({}))->commit({put("x", "of version 1")}));
    const pid_t child = fork();
    if (child == 0) {
        const std::array<Step, 2> deadly{add_a, die_before_the_end};
        static_cast<void>(open(deadly));
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    const auto store = open(steps_);
    EXPECT_EQ(value(**store, "b"), "made by step 1");
    EXPECT_EQ(value(**store, schema::kSchema), R"({"version":3})");
    EXPECT_EQ(value(**LmdbStore::open(kept(1)), "a"), "-");
}

TEST_F(MigrateTest, AStepThatFailsStopsThereAndCanBeTriedAgain)
{
    ASSERT_TRUE(open({}));
    const std::array<Step, 2> failing{add_a, fail_for_now};
    EXPECT_EQ(open(failing).error().detail, "not now");
    const auto store = open(steps_);
    EXPECT_EQ(value(**store, "b"), "made by step 1");
}

TEST_F(MigrateTest, WithoutRoomForTheCopyNothingIsChanged)
{
    ASSERT_TRUE(open({}));
    fs::create_directories(fs::path(kept(1).string() + ".part") / "in the way");
    EXPECT_EQ(open(steps_).error().code, Errc::unavailable);
    fs::remove_all(kept(1).string() + ".part");
    EXPECT_EQ(value(**open({}), schema::kSchema), R"({"version":1})");
}

TEST_F(MigrateTest, ANewerStoreIsRefusedAndLeftAlone)
{
    ASSERT_TRUE(open(steps_));
    const auto refused = open({});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_NE(refused.error().detail.find("install the newer release"), std::string::npos);
    EXPECT_TRUE(open(steps_));
}

TEST_F(MigrateTest, ThereIsAStepBetweenAllVersions)
{
    EXPECT_EQ(released_steps().size() + 1, static_cast<std::size_t>(schema::kVersion));
}

}  // namespace
}  // namespace sluice::control::store
