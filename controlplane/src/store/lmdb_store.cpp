#include "lmdb_store.hpp"

#include <algorithm>
#include <set>
#include <shared_mutex>
#include <utility>

#include "migrate.hpp"
#include "record.hpp"

namespace sluice::control::store {
namespace {

constexpr std::string_view kRevision = "revision";
constexpr std::size_t kMaxBatch = 512;

Result<Revision> read_revision(MDB_txn* txn, const Tables& tables)
{
    auto found = find(txn, tables.meta, kRevision);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Revision{0};
    const auto value = decode_counter(**found);
    if (!value) return fail(Errc::internal, "store: the revision record is damaged");
    return *value;
}

Result<Record> read_record(std::string_view bytes)
{
    const auto record = decode(bytes);
    if (!record) return fail(Errc::internal, "store: a record is damaged");
    return *record;
}

Result<void> check_shape(const std::vector<Operation>& operations)
{
    if (operations.empty() || operations.size() > kMaxOperations) {
        return fail(Errc::invalid, "a transaction has 1 to 100 operations");
    }
    std::set<std::string_view> keys;
    for (const auto& operation : operations) {
        if (operation.key.empty() || operation.key.size() > kMaxKey) {
            return fail(Errc::invalid, "a key has 1 to 480 bytes");
        }
        if (operation.value.size() > kMaxValue) {
            return fail(Errc::too_large, "a value has at most 1 MiB");
        }
        if (!keys.insert(operation.key).second) {
            return fail(Errc::invalid, "a transaction names each key once");
        }
    }
    return {};
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

}  // namespace

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const std::filesystem::path& file,
                                                   std::size_t map_bytes)
{
    auto env = LmdbEnvironment::open(file, map_bytes);
    if (!env) return tl::unexpected(env.error());

    auto txn = (*env)->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto start = read_revision(txn->get(), (*env)->tables());
    if (!start) return tl::unexpected(start.error());
    txn->reset();

    std::unique_ptr<LmdbStore> made(new LmdbStore(std::move(*env), *start));
    if (auto done = migrate(*made); !done) return tl::unexpected(done.error());
    return made;
}

LmdbStore::LmdbStore(std::unique_ptr<LmdbEnvironment> env, Revision start)
    : env_(std::move(env)), log_(start), writer_([this] { write_loop(); })
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

Result<Page> LmdbStore::list(std::string_view prefix, std::string_view after,
                             std::size_t limit) const
{
    std::shared_lock open(env_->growing());
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    auto revision = read_revision(txn->get(), env_->tables());
    if (!revision) return tl::unexpected(revision.error());

    MDB_cursor* raw = nullptr;
    if (const int rc = mdb_cursor_open(txn->get(), env_->tables().data, &raw)) {
        return tl::unexpected(lmdb_error("read", rc));
    }
    const RawCursor cursor(raw);
    const std::string_view from = std::max(prefix, after);
    Page page{.items = {}, .more = false, .revision = *revision};
    MDB_val key = to_val(from);
    MDB_val value{};
    // An empty key is not allowed in LMDB: an empty prefix starts at the first key.
    int rc = mdb_cursor_get(raw, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) {
        const auto name = to_view(key);
        if (!name.starts_with(prefix)) return page;
        if (name == after && !after.empty()) continue;
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

Result<Revision> LmdbStore::commit(std::vector<Operation> operations)
{
    if (auto fine = check_shape(operations); !fine) return tl::unexpected(fine.error());
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
    auto txn = env_->begin_read();
    if (!txn) return tl::unexpected(txn.error());
    return read_revision(txn->get(), env_->tables());
}

void LmdbStore::write_loop()
{
    while (true) {
        Batch batch;
        {
            std::unique_lock lock(mutex_);
            waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;  // stopping, and every caller has its answer
            while (!queue_.empty() && batch.size() < kMaxBatch) {
                batch.push_back(std::move(queue_.front()));
                queue_.pop_front();
            }
        }
        write_batch(batch);
    }
}

void LmdbStore::write_batch(Batch& batch)
{
    int rc = 0;
    {
        std::shared_lock open(env_->growing());
        rc = try_batch(batch);
    }
    // The map may be full at a put as well as at the commit: the whole batch runs again.
    while (rc == MDB_MAP_FULL) {
        {
            std::unique_lock alone(env_->growing());
            if (!env_->grow()) break;
        }
        std::shared_lock open(env_->growing());
        rc = try_batch(batch);
    }
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
    const auto counter = encode_counter(*revision);
    MDB_val key = to_val(kRevision);
    MDB_val value = to_val(counter);
    if (const int rc = mdb_put(txn->get(), env_->tables().meta, &key, &value, 0)) return rc;
    return LmdbEnvironment::commit(std::move(*txn));
}

int LmdbStore::apply(MDB_txn* txn, Pending& pending, Revision next)
{
    pending.changes.clear();
    // All checks come before the first put: a refused transaction leaves no trace in the batch.
    if (auto fine = check_versions(txn, env_->tables().data, pending.operations); !fine) {
        pending.outcome = tl::unexpected(fine.error());
        return 0;
    }
    for (const auto& operation : pending.operations) {
        if (operation.kind == Operation::Kind::check) continue;
        const int rc = apply_one(txn, operation, next);
        if (rc != 0 && rc != MDB_NOTFOUND) return rc;
        if (rc == MDB_NOTFOUND) continue;
        pending.changes.push_back({operation.key, next, operation.kind == Operation::Kind::remove});
    }
    pending.outcome = next;
    return 0;
}

int LmdbStore::apply_one(MDB_txn* txn, const Operation& operation, Revision next)
{
    const auto table = env_->tables().data;
    MDB_val key = to_val(operation.key);
    if (operation.kind == Operation::Kind::remove) return mdb_del(txn, table, &key, nullptr);

    const auto version = version_of(txn, table, operation.key);
    if (!version) return MDB_CORRUPTED;
    const auto bytes = encode({*version == 0 ? next : *version + 1, next, operation.value});
    MDB_val value = to_val(bytes);
    return mdb_put(txn, table, &key, &value, 0);
}

}  // namespace sluice::control::store
