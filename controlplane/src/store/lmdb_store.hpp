#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "change_log.hpp"
#include "lmdb_environment.hpp"
#include "migrate.hpp"
#include "store.hpp"

namespace sluice::control::store {

/// The store of one machine. One thread writes: it takes all transactions that wait, commits
/// them in one LMDB transaction with one fsync, and only then answers their callers.
class LmdbStore final : public Store {
public:
    static constexpr std::size_t kDefaultMap = std::size_t{1} << 30;

    /// Told of every commit, on the writer's thread: how many transactions became durable, and how
    /// long that took.
    using Committed = std::function<void(std::size_t transactions, std::chrono::nanoseconds)>;

    /// Opens or creates the file and brings its schema up to date. What an older one held stays
    /// beside it as `<file>.v<version>`.
    static Result<std::unique_ptr<LmdbStore>> open(const std::filesystem::path& file,
                                                   std::size_t map_bytes = kDefaultMap,
                                                   std::span<const Step> steps = released_steps(),
                                                   Committed committed = {});
    ~LmdbStore() override;

    Result<std::optional<Entry>> get(std::string_view key) const override;
    Result<Page> list(std::string_view prefix, std::string_view after,
                      std::size_t limit) const override;
    Result<Page> list_back(std::string_view prefix, std::string_view before,
                           std::size_t limit) const override;
    Result<Revision> commit(std::vector<Operation> operations) override;
    Result<Revision> commit_bulk(std::vector<Operation> operations) override;
    Result<Changes> watch(std::string_view prefix, Revision after,
                          std::chrono::milliseconds wait) const override;
    Result<Revision> revision() const override;
    Result<Revision> last_change(std::string_view folder) const override;

    /// A compacted copy of the last commit in a new file (0600), while reads and writes go on. The
    /// file is opened by open() like any store. It is durable when this returns; after an error it
    /// is gone.
    Result<void> copy_to(const std::filesystem::path& file) const;

    /// What replace_with() does not take from the other store.
    struct Exceptions {
        std::vector<std::string> keep;       ///< keys that start so stay as they are
        std::vector<std::string> leave_out;  ///< keys that start so are removed
    };

    /// Takes over the entries of `other` in one transaction, together with `operations` (puts and
    /// appends). Every entry gets this transaction's revision as its version, so that no key has a
    /// version twice. Watchers are told Errc::gone.
    Result<Revision> replace_with(const LmdbStore& other, const Exceptions& exceptions,
                                  const std::vector<Operation>& operations);

private:
    /// One caller's transaction, waiting for the writer.
    struct Pending {
        std::vector<Operation> operations;
        std::promise<Result<Revision>> answer;
        Result<Revision> outcome;
        std::vector<Change> changes;
        std::vector<std::pair<std::string, std::string>> appended;  ///< keys and values
    };

    struct Reading {
        std::string_view prefix;
        std::string_view from;  ///< where to start; empty: at the end of the table
        std::string_view but;   ///< leave this key out
    };
    using Batch = std::deque<Pending>;

    LmdbStore(std::unique_ptr<LmdbEnvironment> env, Revision start, Committed committed);

    Result<Revision> enqueue(std::vector<Operation> operations);
    void write_loop();
    bool wait_for_work(Batch& batch);
    void give_back_when_due();
    void write_batch(Batch& batch);
    int try_batch(Batch& batch);
    int apply(MDB_txn* txn, Pending& pending, Revision next);
    int apply_one(MDB_txn* txn, const Operation& operation, Revision next);
    int note_changes(MDB_txn* txn, const Batch& batch);
    int append(MDB_txn* txn, Pending& pending, Revision next);
    Result<Revision> try_replace(const LmdbStore& other, const Exceptions& exceptions,
                                 Pending& pending, int& rc);
    Result<Page> read(const Reading& reading, std::size_t limit, bool back) const;

    std::unique_ptr<LmdbEnvironment> env_;
    ChangeLog log_;
    Committed committed_;
    std::mutex writing_;  ///< held from the begin of a write transaction to its place in `log_`
    std::mutex mutex_;
    std::condition_variable waiting_;
    Batch queue_;
    bool stopping_ = false;
    mutable std::atomic<bool> touched_ = false;  ///< pages were read since they were given back
    std::chrono::steady_clock::time_point given_back_;
    std::thread writer_;
};

}  // namespace sluice::control::store
