#include "lmdb_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/channel/temporary_folder.hpp"
#include "migrate.hpp"
#include "schema.hpp"

namespace sluice::control::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class LmdbStoreTest : public testing::Test {
protected:
    std::unique_ptr<LmdbStore> open(std::size_t map = LmdbStore::kDefaultMap) const
    {
        auto store = LmdbStore::open(file(), map);
        EXPECT_TRUE(store) << (store ? "" : store.error().detail);
        return store ? std::move(*store) : nullptr;
    }

    fs::path file() const { return folder_ / "control.mdb"; }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
};

std::vector<std::string> keys(const Page& page)
{
    std::vector<std::string> out;
    for (const auto& entry : page.items) out.push_back(entry.key);
    return out;
}

TEST_F(LmdbStoreTest, WhatWasPutIsReadBackWithVersionAndRevision)
{
    const auto store = open();
    const auto first = store->commit({put("a", "1")});
    const auto second = store->commit({put("a", "2")});
    ASSERT_TRUE(first && second);

    const auto entry = store->get("a");
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ((*entry)->value, "2");
    EXPECT_EQ((*entry)->version, *first + 1);
    EXPECT_EQ((*entry)->revision, *second);
    EXPECT_EQ(*second, *first + 1);
}

TEST_F(LmdbStoreTest, WhoAskedIsToldHowManyTransactionsEachCommitHeld)
{
    std::size_t transactions = 0;
    std::size_t commits = 0;
    auto store = LmdbStore::open(file(), LmdbStore::kDefaultMap, released_steps(),
                                 [&](std::size_t count, std::chrono::nanoseconds spent) {
                                     transactions += count;
                                     ++commits;
                                     EXPECT_GT(spent.count(), 0);
                                 });
    ASSERT_TRUE(store);
    const auto before = transactions;  // bringing the schema up to date
    std::vector<std::thread> writers;
    for (int i = 0; i < 8; ++i) {
        writers.emplace_back(
            [&, i] { EXPECT_TRUE((*store)->commit({put("k" + std::to_string(i), "v")})); });
    }
    for (auto& writer : writers) writer.join();
    store->reset();
    EXPECT_EQ(transactions - before, 8U);
    EXPECT_LE(commits, transactions);
}

TEST_F(LmdbStoreTest, AnAbsentKeyIsNothingNotAnError)
{
    const auto entry = open()->get("a");
    ASSERT_TRUE(entry);
    EXPECT_FALSE(*entry);
}

TEST_F(LmdbStoreTest, APutWithAnOldVersionIsRefusedAndChangesNothing)
{
    const auto store = open();
    const auto first = store->commit({put("a", "1", 0)});
    ASSERT_TRUE(first);
    const auto again = store->commit({put("a", "2", 0)});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::precondition);
    ASSERT_TRUE(store->commit({put("a", "3", *first)}));
    EXPECT_EQ((*store->get("a"))->value, "3");
}

TEST_F(LmdbStoreTest, ATransactionWithOneFailedCheckLeavesNoTrace)
{
    const auto store = open();
    ASSERT_TRUE(store->commit({put("there", "1")}));
    const auto before = *store->revision();
    EXPECT_FALSE(store->commit({put("new", "1"), remove("there"), check("other", 5)}));
    EXPECT_FALSE(*store->get("new"));
    EXPECT_TRUE(*store->get("there"));
    EXPECT_EQ(*store->revision(), before);
}

TEST_F(LmdbStoreTest, ABulkOfThousandsIsOneTransactionOrNone)
{
    const auto store = open();
    std::vector<Operation> operations;
    for (int i = 0; i < 5000; ++i) operations.push_back(put("bulk/" + std::to_string(i), "v"));
    const auto before = *store->revision();
    ASSERT_EQ(*store->commit_bulk(operations), before + 1);
    EXPECT_EQ(store->list("bulk/", "", 10'000)->items.size(), 5000U);
    for (auto& operation : operations) operation.value = "w";
    operations.push_back(check("bulk/0", 999'999));
    operations.erase(operations.begin());
    EXPECT_EQ(store->commit_bulk(operations).error().code, Errc::precondition);
    EXPECT_EQ((*store->get("bulk/4999"))->value, "v");
}

TEST_F(LmdbStoreTest, ATransactionHas1To100OperationsAndNamesAKeyOnce)
{
    const auto store = open();
    std::vector<Operation> many;
    for (int i = 0; i < 101; ++i) many.push_back(put("k" + std::to_string(i), ""));
    EXPECT_FALSE(store->commit(many));
    many.pop_back();
    EXPECT_TRUE(store->commit(many));
    EXPECT_FALSE(store->commit({}));
    EXPECT_FALSE(store->commit({put("a", "1"), remove("a")}));
    EXPECT_FALSE(store->commit({put(std::string(481, 'k'), "1")}));
    EXPECT_FALSE(store->commit({put("", "1")}));
}

TEST_F(LmdbStoreTest, ARemovedKeyThatIsMadeAgainHasNoVersionTwice)
{
    const auto store = open();
    const auto first = store->commit({put("a", "1")});
    ASSERT_TRUE(store->commit({put("a", "2")}));
    ASSERT_TRUE(store->commit({remove("a", *first + 1)}));
    EXPECT_FALSE(*store->get("a"));
    ASSERT_TRUE(store->commit({put("a", "3", 0)}));
    EXPECT_GT((*store->get("a"))->version, *first + 1);
}

TEST_F(LmdbStoreTest, PagesFollowEachOtherAndStayInsideThePrefix)
{
    const auto store = open();
    ASSERT_TRUE(store->commit(
        {put("c/1", ""), put("c/2", ""), put("c/3", ""), put("b", ""), put("d", "")}));
    const auto first = store->list("c/", "", 2);
    ASSERT_TRUE(first);
    EXPECT_EQ(keys(*first), (std::vector<std::string>{"c/1", "c/2"}));
    EXPECT_TRUE(first->more);
    const auto second = store->list("c/", first->items.back().key, 2);
    EXPECT_EQ(keys(*second), (std::vector<std::string>{"c/3"}));
    EXPECT_FALSE(second->more);
    // The cursor's own key may be gone meanwhile.
    ASSERT_TRUE(store->commit({remove("c/2")}));
    EXPECT_EQ(keys(*store->list("c/", "c/2", 2)), (std::vector<std::string>{"c/3"}));
}

TEST_F(LmdbStoreTest, APageThatEndsWithTheLastKeySaysThatThereIsNoMore)
{
    const auto store = open();
    ASSERT_TRUE(store->commit({put("c/1", ""), put("c/2", "")}));
    EXPECT_FALSE(store->list("c/", "", 2)->more);
}

Operation numbered(const std::string& sequence)
{
    return append("log/", sequence, [](const Position& at) {
        return std::to_string(at.number) + "/" + std::to_string(at.in_sequence);
    });
}

TEST_F(LmdbStoreTest, AppendedValuesAreNumberedInTheirLogAndTheirSequence)
{
    {
        const auto store = open();
        ASSERT_TRUE(store->commit({numbered("a"), put("x", "1"), numbered("b"), numbered("a")}));
        ASSERT_TRUE(store->commit({remove(numbered_key("log/", 3))}));
    }
    const auto store = open();  // nor does a restart, or a removal, give a number twice
    ASSERT_TRUE(store->commit({numbered("a")}));

    const auto page = store->list("log/", "", 10);
    ASSERT_EQ(page->items.size(), 3U);
    EXPECT_EQ(page->items[0].key, "log/00000000000000000001");
    EXPECT_EQ(page->items[0].value, "1/1");
    EXPECT_EQ(page->items[1].value, "2/1");
    EXPECT_EQ(page->items[2].value, "4/3");
    EXPECT_EQ(store->watch("log/", 0, milliseconds(0)).error().code, Errc::gone);
}

TEST_F(LmdbStoreTest, ARefusedTransactionTakesNoNumber)
{
    const auto store = open();
    ASSERT_FALSE(store->commit({numbered("a"), check("x", 7)}));
    const auto large =
        append("log/", "a", [](const Position&) { return std::string(kMaxValue + 1, 'x'); });
    EXPECT_EQ(store->commit({numbered("a"), large}).error().code, Errc::too_large);
    ASSERT_TRUE(store->commit({numbered("a")}));
    EXPECT_EQ(store->list("log/", "", 10)->items.at(0).value, "1/1");
}

TEST_F(LmdbStoreTest, AWatcherSeesWhatWasAppended)
{
    const auto store = open();
    const auto before = *store->revision();
    ASSERT_TRUE(store->commit({numbered("a")}));
    const auto changes = store->watch("log/", before, milliseconds(0));
    ASSERT_EQ(changes->items.size(), 1U);
    EXPECT_EQ(changes->items[0].key, numbered_key("log/", 1));
}

TEST_F(LmdbStoreTest, PagesCanBeReadFromTheEnd)
{
    const auto store = open();
    ASSERT_TRUE(store->commit({put("a/1", ""), put("b/1", ""), put("b/2", ""), put("b/3", "")}));
    const auto first = store->list_back("b/", "", 2);
    EXPECT_EQ(keys(*first), (std::vector<std::string>{"b/3", "b/2"}));
    EXPECT_TRUE(first->more);
    const auto second = store->list_back("b/", "b/2", 2);
    EXPECT_EQ(keys(*second), (std::vector<std::string>{"b/1"}));
    EXPECT_FALSE(second->more);
    ASSERT_TRUE(store->commit({put("c/1", "")}));
    EXPECT_EQ(keys(*store->list_back("b/", "", 1)), (std::vector<std::string>{"b/3"}));
    EXPECT_TRUE(store->list_back("b/", "b/1", 5)->items.empty());
    EXPECT_TRUE(store->list_back("0/", "", 5)->items.empty());
}

TEST_F(LmdbStoreTest, AWatcherSeesChangesOfItsPrefixAfterItsRevision)
{
    const auto store = open();
    const auto start = *store->revision();
    ASSERT_TRUE(store->commit({put("a/1", ""), put("b/1", "")}));
    ASSERT_TRUE(store->commit({remove("a/1")}));
    const auto changes = store->watch("a/", start, milliseconds(0));
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->items.size(), 2U);
    EXPECT_FALSE(changes->items[0].removed);
    EXPECT_TRUE(changes->items[1].removed);
    EXPECT_EQ(changes->revision, start + 2);
    EXPECT_TRUE(store->watch("a/", changes->revision, milliseconds(0))->items.empty());
}

TEST_F(LmdbStoreTest, AWaitingWatcherWakesWithTheChange)
{
    const auto store = open();
    const auto start = *store->revision();
    std::thread writer([&] { EXPECT_TRUE(store->commit({put("a/1", "")})); });
    const auto changes = store->watch("a/", start, std::chrono::seconds(10));
    writer.join();
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->items.size(), 1U);
}

TEST_F(LmdbStoreTest, HistoryFromBeforeARestartIsGone)
{
    Revision start = 0;
    {
        const auto store = open();
        start = *store->revision();
        ASSERT_TRUE(store->commit({put("a", "")}));
    }
    const auto changes = open()->watch("a", start, milliseconds(0));
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().code, Errc::gone);
}

TEST_F(LmdbStoreTest, AFullMapGrowsWhileReadersRead)
{
    const auto store = open(1 << 16);
    const std::string value(20000, 'v');
    std::atomic<bool> done{false};
    std::thread reader([&] {
        while (!done) EXPECT_TRUE(store->list("k", "", 100));
    });
    for (int i = 0; i < 100; ++i) {
        const auto written = store->commit({put("k" + std::to_string(i), value)});
        EXPECT_TRUE(written) << written.error().detail;
    }
    done = true;
    reader.join();
    EXPECT_EQ(store->list("k", "", 1000)->items.size(), 100U);
}

TEST_F(LmdbStoreTest, ConcurrentConditionalWritersLoseNoUpdate)
{
    const auto store = open();
    ASSERT_TRUE(store->commit({put("n", "0")}));
    const auto add = [&] {
        for (int i = 0; i < 50;) {
            const auto entry = **store->get("n");
            const auto next = std::to_string(std::stoi(entry.value) + 1);
            if (store->commit({put("n", next, entry.version)})) ++i;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(add);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ((*store->get("n"))->value, "200");
}

TEST_F(LmdbStoreTest, ANewStoreHasTheSchemaVersionAndANewerOneIsRefused)
{
    {
        const auto store = open();
        EXPECT_EQ((*store->get(schema::kSchema))->value, R"({"version":1})");
        ASSERT_TRUE(store->commit({put(std::string(schema::kSchema), R"({"version":99})")}));
    }
    const auto newer = LmdbStore::open(file());
    ASSERT_FALSE(newer);
    EXPECT_NE(newer.error().detail.find("99"), std::string::npos);
}

TEST_F(LmdbStoreTest, TheFileIsReadableByItsOwnerOnly)
{
    const auto store = open();
    EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(LmdbStoreTest, AFileThatIsNoDatabaseIsAnError)
{
    std::ofstream(file()) << std::string(8192, 'x');
    EXPECT_FALSE(LmdbStore::open(file()));
}

/// Makes every write to the place fail where LMDB notes which state is the newest.
void break_commits(const fs::path& file)
{
    for (int fd = 3; fd < 256; ++fd) {
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || (flags & O_DSYNC) == 0) continue;
        const int readable = ::open(file.c_str(), O_RDONLY);
        ::dup2(readable, fd);
        ::close(readable);
    }
}

TEST_F(LmdbStoreTest, ADiskThatFailsInTheMiddleOfACommitEndsTheProcess)
{
    const auto commit_on_a_broken_disk = [this] {
        const auto store = open();
        static_cast<void>(store->commit({put("a", "1")}));
        break_commits(file());
        static_cast<void>(store->commit({put("a", "2")}));
    };
    EXPECT_EXIT(commit_on_a_broken_disk(), testing::ExitedWithCode(EXIT_FAILURE),
                "the disk failed in the middle of a commit");
}

/// Writes numbered keys from several threads until it is killed; reports each one that was
/// acknowledged as one byte-counted line on the pipe.
[[noreturn]] void write_until_killed(const fs::path& file, int pipe)
{
    auto store = LmdbStore::open(file);
    if (!store) _exit(1);
    const auto work = [&](int thread) {
        for (int i = 0;; ++i) {
            char line[32];
            const int length = std::snprintf(line, sizeof line, "k/%d/%d\n", thread, i);
            const std::string key(line, static_cast<std::size_t>(length) - 1);
            if (!(*store)->commit({put(key, key)})) _exit(2);
            if (::write(pipe, line, static_cast<std::size_t>(length)) != length) _exit(3);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
    for (auto& thread : threads) thread.join();
    _exit(0);
}

/// The keys that a writer had acknowledged when it was killed after `enough` of them.
std::vector<std::string> run_writer_and_kill_it(const fs::path& file, std::size_t enough)
{
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(file, ends[1]);
    ::close(ends[1]);
    std::string text;
    char buffer[4096];
    bool killed = false;
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(got));
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        if (!killed && lines >= enough) {
            ::kill(child, SIGKILL);
            killed = true;
        }
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(killed);
    std::vector<std::string> acknowledged;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) acknowledged.push_back(line);
    return acknowledged;
}

TEST_F(LmdbStoreTest, EveryAcknowledgedWriteSurvivesKill9OfTheWriter)
{
    for (std::size_t round = 1; round <= 8; ++round) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        const auto acknowledged = run_writer_and_kill_it(file(), 17 * round);
        ASSERT_GE(acknowledged.size(), 17 * round);
        const auto store = open();
        for (const auto& key : acknowledged) {
            const auto entry = store->get(key);
            ASSERT_TRUE(entry && *entry) << key << " was acknowledged and is lost";
            EXPECT_EQ((*entry)->value, key);
        }
    }
}

}  // namespace
}  // namespace sluice::control::store
