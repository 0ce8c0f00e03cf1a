#include "lmdb_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <shared_mutex>
#include <utility>

#include "lmdb_layout.hpp"
#include "migrate.hpp"
#include "operation_shape.hpp"
#include "record.hpp"

namespace sluice::control::store {
namespace {

constexpr std::size_t kMaxBatch = 512;
constexpr std::chrono::seconds kGiveBackEvery{1};

Result<Record> read_record(std::string_view bytes)
{
    const auto record = decode(bytes);
    if (!record) return fail(Errc::internal, "store: a record is damaged");
    return *record;
}

/// 0 when there is no such key.
Result<std::uint64_t> version_of(MDB_txn* txn, MDB_dbi table, std::string_view key)
{
    auto found = find(txn, table, key);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return std::uint64_t{0};
    return read_record(**found).map([](const Record& record) { return record.version; });
}

Result<void> check_versions(MDB_txn* txn, MDB_dbi table, const std::vector<Operation>& operations)
{
    for (const auto& operation : operations) {
        if (!operation.expected) continue;
        auto version = version_of(txn, table, operation.key);
        if (!version) return tl::unexpected(version.error());
        if (*version != *operation.expected) {
            return fail(Errc::precondition, "another change came first");
        }
    }
    return {};
}

/// The counters of appends lie in the table of the store's own: `log/audit/`, `log/events/\ndemo`.
std::string counter_key(const Operation& operation, bool of_sequence)
{
    auto key = "log/" + operation.key;
    if (of_sequence) key.append("\n").append(operation.sequence);
    return key;
}

using Counters = std::map<std::string, std::uint64_t>;

/// The next number of a counter, which is read from the table the first time.
Result<std::uint64_t> next_of(MDB_txn* txn, MDB_dbi table, Counters& counters,
                              const std::string& key)
{
    if (const auto known = counters.find(key); known != counters.end()) return ++known->second;
    auto found = find(txn, table, key);
    if (!found) return tl::unexpected(found.error());
    const auto last = *found ? decode_counter(**found) : 0;
    if (!last) return fail(Errc::internal, "store: a counter is damaged");
    return counters[key] = *last + 1;
}

Result<Position> next_position(MDB_txn* txn, MDB_dbi table, Counters& counters,
                               const Operation& operation)
{
    auto number = next_of(txn, table, counters, counter_key(operation, false));
    if (!number) return tl::unexpected(number.error());
    auto in_sequence = next_of(txn, table, counters, counter_key(operation, true));
    if (!in_sequence) return tl::unexpected(in_sequence.error());
    return Position{*number, *in_sequence};
}

Result<Page> read_page(MDB_cursor* cursor, MDB_val& key, MDB_val& value, int rc, Page page,
                       std::string_view prefix, std::size_t limit, MDB_cursor_op onwards)
{
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, onwards)) {
        const auto name = to_view(key);
        if (!name.starts_with(prefix)) return page;
        if (page.items.size() == limit) {
            page.more = true;
            return page;
        }
        auto record = read_record(to_view(value));
        if (!record) return tl::unexpected(record.error());
        page.items.push_back(
            {std::string(name), std::string(record->value), record->version, record->revision});
    }
    if (rc != MDB_NOTFOUND) return tl::unexpected(lmdb_error("read", rc));
    return page;
}

/// The smallest text that is greater than all that start with `prefix`; empty when there is none.
std::string behind(std::string_view prefix)
{
    std::string text(prefix);
    while (!text.empty() && text.back() == '\xff') text.pop_back();
    if (!text.empty()) ++text.back();
    return text;
}

}  // namespace

std::string numbered_key(std::string_view log, std::uint64_t number)
{
    constexpr std::size_t kDigits = 20;
    const auto digits = std::to_string(number);
    return std::string(log).append(kDigits - digits.size(), '0').append(digits);
}

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const std::filesystem::path& file,
                                                   std::size_t map_bytes,
                                                   std::span<const Step> steps, Committed committed)
{
    auto env = LmdbEnvironment::open(file, map_bytes);
    if (!env) return tl::unexpected(env.error());

    auto txn = (*env)->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto start = read_revision(txn->get(), (*env)->tables());
    if (!start) return tl::unexpected(start.error());
    txn->reset();

    std::unique_ptr<LmdbStore> made(new LmdbStore(std::move(*env), *start, std::move(committed)));
    const auto keep_old = [&](int version) -> Result<void> {
        // One that is there already was made before a crash in the middle of the steps.
        const auto copy = file.string() + ".v" + std::to_string(version);
        if (std::filesystem::exists(copy)) return {};
        const auto part = copy + ".part";
        ::unlink(part.c_str());
        if (auto done = made->copy_to(part); !done) return done;
        if (std::rename(part.c_str(), copy.c_str()) == 0) return {};
        return fail(Errc::unavailable, "store: keep " + copy + ": " + std::strerror(errno));
    };
    if (auto done = migrate(*made, steps, keep_old); !done) return tl::unexpected(done.error());
    return made;
}

LmdbStore::LmdbStore(std::unique_ptr<LmdbEnvironment> env, Revision start, Committed committed)
    : env_(std::move(env)),
      log_(start),
      committed_(std::move(committed)),
      writer_([this] { write_loop(); })
{}

LmdbStore::~LmdbStore()
{
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    waiting_.notify_all();
    writer_.join();
}

Result<std::optional<Entry>> LmdbStore::get(std::string_view key) const
{
    std::shared_lock open(env_->growing());
    touched_.store(true, std::memory_order_relaxed);
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto found = find(txn->get(), env_->tables().data, key);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return std::optional<Entry>{};
    return read_record(**found).map([&](const Record& record) {
        return std::optional<Entry>{
            Entry{std::string(key), std::string(record.value), record.version, record.revision}};
    });
}

Result<Page> LmdbStore::read(const Reading& reading, std::size_t limit, bool back) const
{
    std::shared_lock open(env_->growing());
    touched_.store(true, std::memory_order_relaxed);
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto revision = read_revision(txn->get(), env_->tables());
    if (!revision) return tl::unexpected(revision.error());

    MDB_cursor* raw = nullptr;
    if (const int rc = mdb_cursor_open(txn->get(), env_->tables().data, &raw)) {
        return tl::unexpected(lmdb_error("read", rc));
    }
    const RawCursor cursor(raw);
    MDB_val key = to_val(reading.from);
    MDB_val value{};
    // An empty key is not allowed in LMDB: it stands for the end that the reading starts at.
    int rc = reading.from.empty() ? mdb_cursor_get(raw, &key, &value, back ? MDB_LAST : MDB_FIRST)
                                  : mdb_cursor_get(raw, &key, &value, MDB_SET_RANGE);
    if (back && !reading.from.empty()) {
        // SET_RANGE stands at the first key that is not less, or behind them all.
        rc = mdb_cursor_get(raw, &key, &value, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    } else if (!back && rc == 0 && to_view(key) == reading.but) {
        rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT);
    }
    return read_page(raw, key, value, rc, {.items = {}, .more = false, .revision = *revision},
                     reading.prefix, limit, back ? MDB_PREV : MDB_NEXT);
}

Result<Page> LmdbStore::list(std::string_view prefix, std::string_view after,
                             std::size_t limit) const
{
    return read({.prefix = prefix, .from = std::max(prefix, after), .but = after}, limit, false);
}

Result<Page> LmdbStore::list_back(std::string_view prefix, std::string_view before,
                                  std::size_t limit) const
{
    const auto end = behind(prefix);
    const bool all = before.empty() || (!end.empty() && before > end);
    return read({.prefix = prefix, .from = all ? std::string_view(end) : before, .but = {}}, limit,
                true);
}

Result<Revision> LmdbStore::commit(std::vector<Operation> operations)
{
    if (auto fine = check_shape(operations, kMaxOperations); !fine) {
        return tl::unexpected(fine.error());
    }
    return enqueue(std::move(operations));
}

/// The file takes any number of operations in one of its own transactions, so nothing more is
/// needed: what a crash leaves behind is the state before.
Result<Revision> LmdbStore::commit_bulk(std::vector<Operation> operations)
{
    if (auto fine = check_shape(operations, kMaxBulkOperations); !fine) {
        return tl::unexpected(fine.error());
    }
    return enqueue(std::move(operations));
}

Result<Revision> LmdbStore::enqueue(std::vector<Operation> operations)
{
    std::future<Result<Revision>> answer;
    {
        std::lock_guard lock(mutex_);
        if (stopping_) return fail(Errc::unavailable, "the store is closing");
        auto& pending = queue_.emplace_back();
        pending.operations = std::move(operations);
        answer = pending.answer.get_future();
    }
    waiting_.notify_one();
    return answer.get();
}

Result<Changes> LmdbStore::watch(std::string_view prefix, Revision after,
                                 std::chrono::milliseconds wait) const
{
    return log_.wait(prefix, after, wait);
}

Result<Revision> LmdbStore::revision() const
{
    std::shared_lock open(env_->growing());
    touched_.store(true, std::memory_order_relaxed);
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    return read_revision(txn->get(), env_->tables());
}

Result<Revision> LmdbStore::last_change(std::string_view folder) const
{
    std::shared_lock open(env_->growing());
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto found = find(txn->get(), env_->tables().meta, change_key(folder));
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Revision{0};
    const auto value = decode_counter(**found);
    if (!value) return fail(Errc::internal, "store: a counter is damaged");
    return *value;
}

void LmdbStore::write_loop()
{
    Batch batch;
    while (wait_for_work(batch)) {
        if (!batch.empty()) write_batch(batch);
        give_back_when_due();
    }
}

/// False at the end. An empty batch means that there was nothing to do for a while.
bool LmdbStore::wait_for_work(Batch& batch)
{
    batch.clear();
    std::unique_lock lock(mutex_);
    waiting_.wait_for(lock, kGiveBackEvery, [this] { return stopping_ || !queue_.empty(); });
    while (!queue_.empty() && batch.size() < kMaxBatch) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    // Whoever is in the queue gets his answer first.
    return !batch.empty() || !stopping_;
}

void LmdbStore::give_back_when_due()
{
    const auto now = std::chrono::steady_clock::now();
    if (now - given_back_ < kGiveBackEvery || !touched_.exchange(false)) return;
    given_back_ = now;
    const std::shared_lock open(env_->growing());
    env_->give_back_pages();
}

void LmdbStore::write_batch(Batch& batch)
{
    const std::lock_guard alone(writing_);
    touched_.store(true, std::memory_order_relaxed);
    const auto began = std::chrono::steady_clock::now();
    int rc = 0;
    {
        std::shared_lock open(env_->growing());
        rc = try_batch(batch);
    }
    // The map may be full at a put as well as at the commit: the whole batch runs again.
    while (rc == MDB_MAP_FULL) {
        {
            std::unique_lock unread(env_->growing());
            if (!env_->grow()) break;
        }
        std::shared_lock open(env_->growing());
        rc = try_batch(batch);
    }
    if (rc == 0 && committed_) committed_(batch.size(), std::chrono::steady_clock::now() - began);
    for (auto& pending : batch) {
        if (rc == 0 && pending.outcome && !pending.changes.empty()) {
            log_.append(std::move(pending.changes), *pending.outcome);
        }
        if (rc != 0 && pending.outcome) {
            pending.outcome = tl::unexpected(lmdb_error("write", rc));
        }
        pending.answer.set_value(std::move(pending.outcome));
    }
}

int LmdbStore::try_batch(Batch& batch)
{
    auto txn = env_->begin_write();
    if (!txn) {
        for (auto& pending : batch) pending.outcome = tl::unexpected(txn.error());
        return 0;
    }
    auto revision = read_revision(txn->get(), env_->tables());
    if (!revision) {
        for (auto& pending : batch) pending.outcome = tl::unexpected(revision.error());
        return 0;
    }
    for (auto& pending : batch) {
        if (const int rc = apply(txn->get(), pending, *revision + 1)) return rc;
        if (pending.outcome) revision = *pending.outcome;
    }
    if (const int rc = note_changes(txn->get(), batch)) return rc;
    const auto counter = encode_counter(*revision);
    if (const int rc = put_raw(txn->get(), env_->tables().meta, std::string(kRevision), counter)) {
        return rc;
    }
    return env_->commit(std::move(*txn));
}

/// For last_change().
int LmdbStore::note_changes(MDB_txn* txn, const Batch& batch)
{
    std::map<std::string_view, Revision> newest;
    for (const auto& pending : batch) {
        for (const auto& change : pending.changes) {
            const auto slash = change.key.find('/');
            if (slash == std::string::npos) continue;
            newest[std::string_view(change.key).substr(0, slash + 1)] = change.revision;
        }
    }
    for (const auto& [folder, revision] : newest) {
        const auto bytes = encode_counter(revision);
        if (const int rc = put_raw(txn, env_->tables().meta, change_key(folder), bytes)) return rc;
    }
    return 0;
}

int LmdbStore::apply(MDB_txn* txn, Pending& pending, Revision next)
{
    pending.changes.clear();
    // All checks come before the first put: a refused transaction leaves no trace in the batch.
    if (auto fine = check_versions(txn, env_->tables().data, pending.operations); !fine) {
        pending.outcome = tl::unexpected(fine.error());
        return 0;
    }
    if (const int rc = append(txn, pending, next); rc != 0 || !pending.outcome) return rc;
    for (const auto& operation : pending.operations) {
        const bool writes =
            operation.kind == Operation::Kind::put || operation.kind == Operation::Kind::remove;
        if (!writes) continue;
        const int rc = apply_one(txn, operation, next);
        if (rc != 0 && rc != MDB_NOTFOUND) return rc;
        if (rc == MDB_NOTFOUND) continue;
        pending.changes.push_back({operation.key, next, operation.kind == Operation::Kind::remove});
    }
    return 0;
}

/// All values are made before the first is put: one that is too large must not leave a gap.
int LmdbStore::append(MDB_txn* txn, Pending& pending, Revision next)
{
    const auto& tables = env_->tables();
    Counters counters;
    pending.outcome = next;
    pending.appended.clear();
    for (const auto& operation : pending.operations) {
        if (operation.kind != Operation::Kind::append) continue;
        const auto position = next_position(txn, tables.meta, counters, operation);
        if (!position) return MDB_CORRUPTED;
        auto value = operation.make(*position);
        if (value.size() > kMaxValue) {
            pending.outcome = too_large();
            return 0;
        }
        pending.appended.emplace_back(numbered_key(operation.key, position->number),
                                      std::move(value));
    }
    for (const auto& [key, value] : pending.appended) {
        if (const int rc = put_raw(txn, tables.data, key, encode({next, next, value}))) return rc;
        pending.changes.push_back({key, next, false});
    }
    for (const auto& [key, count] : counters) {
        if (const int rc = put_raw(txn, tables.meta, key, encode_counter(count))) return rc;
    }
    return 0;
}

int LmdbStore::apply_one(MDB_txn* txn, const Operation& operation, Revision next)
{
    const auto table = env_->tables().data;
    MDB_val key = to_val(operation.key);
    if (operation.kind == Operation::Kind::remove) return mdb_del(txn, table, &key, nullptr);

    const auto version = version_of(txn, table, operation.key);
    if (!version) return MDB_CORRUPTED;
    return put_raw(txn, table, operation.key,
                   encode({*version == 0 ? next : *version + 1, next, operation.value}));
}

}  // namespace sluice::control::store
