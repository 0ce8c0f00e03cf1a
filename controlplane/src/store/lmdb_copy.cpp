#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <shared_mutex>
#include <utility>

#include "lmdb_layout.hpp"
#include "lmdb_store.hpp"
#include "operation_shape.hpp"
#include "record.hpp"

namespace sluice::control::store {
namespace {

bool starts_with_one(std::string_view key, const std::vector<std::string>& prefixes)
{
    return std::ranges::any_of(prefixes,
                               [&](const std::string& prefix) { return key.starts_with(prefix); });
}

/// What stands before the first slash, with the slash.
std::string folder_of(std::string_view key)
{
    return std::string(key.substr(0, key.find('/') + 1));
}

/// Adds the folders of what it removes to `folders`.
int remove_all_but(MDB_txn* txn, MDB_dbi table, const std::vector<std::string>& keep,
                   std::set<std::string>& folders)
{
    MDB_cursor* raw = nullptr;
    if (const int rc = mdb_cursor_open(txn, table, &raw)) return rc;
    const RawCursor cursor(raw);
    MDB_val key{};
    MDB_val value{};
    int rc = mdb_cursor_get(raw, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) {
        if (starts_with_one(to_view(key), keep)) continue;
        folders.insert(folder_of(to_view(key)));
        if (const int failed = mdb_cursor_del(raw, 0)) return failed;
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

}  // namespace

Result<void> LmdbStore::copy_to(const std::filesystem::path& file) const
{
    constexpr mode_t kOwnerOnly = 0600;
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (fd < 0) {
        return fail(Errc::unavailable, "create " + file.string() + ": " + std::strerror(errno));
    }
    std::shared_lock open(env_->growing());
    auto done = env_->copy_to(fd);
    if (done && ::fsync(fd) != 0) {
        done = fail(Errc::unavailable, "write " + file.string() + ": " + std::strerror(errno));
    }
    ::close(fd);
    if (!done) ::unlink(file.c_str());
    return done;
}

Result<Revision> LmdbStore::replace_with(const LmdbStore& other, const Exceptions& exceptions,
                                         const std::vector<Operation>& operations)
{
    if (auto fine = check_shape(operations, kMaxBulkOperations); !fine)
        return tl::unexpected(fine.error());
    const std::lock_guard alone(writing_);
    touched_.store(true, std::memory_order_relaxed);
    while (true) {
        int rc = 0;
        Pending pending;
        pending.operations = operations;
        {
            std::shared_lock open(env_->growing());
            auto done = try_replace(other, exceptions, pending, rc);
            if (done && rc == 0) {
                log_.forget(*done);
                return done;
            }
            if (!done) return done;
        }
        std::unique_lock unread(env_->growing());
        if (rc != MDB_MAP_FULL || !env_->grow()) {
            return tl::unexpected(lmdb_error("replace", rc));
        }
    }
}

/// `rc` is LMDB's code when a put or the commit failed.
Result<Revision> LmdbStore::try_replace(const LmdbStore& other, const Exceptions& exceptions,
                                        Pending& pending, int& rc)
{
    auto txn = env_->begin_write();
    if (!txn) return tl::unexpected(txn.error());
    const auto& tables = env_->tables();
    auto revision = read_revision(txn->get(), tables);
    if (!revision) return revision;
    const auto next = *revision + 1;
    std::set<std::string> folders;
    rc = remove_all_but(txn->get(), tables.data, exceptions.keep, folders);
    if (rc != 0) return next;

    std::string after;
    for (bool more = true; more;) {
        constexpr std::size_t kPage = 1000;
        auto page = other.list("", after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            after = entry.key;
            if (starts_with_one(entry.key, exceptions.keep) ||
                starts_with_one(entry.key, exceptions.leave_out)) {
                continue;
            }
            rc = put_raw(txn->get(), tables.data, entry.key, encode({next, next, entry.value}));
            if (rc != 0) return next;
            folders.insert(folder_of(entry.key));
        }
        more = page->more;
    }
    rc = apply(txn->get(), pending, next);
    if (rc != 0) return next;
    if (!pending.outcome) return tl::unexpected(pending.outcome.error());
    for (const auto& change : pending.changes) folders.insert(folder_of(change.key));
    folders.erase("");
    for (const auto& folder : folders) {
        rc = put_raw(txn->get(), tables.meta, change_key(folder), encode_counter(next));
        if (rc != 0) return next;
    }
    rc = put_raw(txn->get(), tables.meta, std::string(kRevision), encode_counter(next));
    if (rc == 0) rc = env_->commit(std::move(*txn));
    return next;
}

}  // namespace sluice::control::store
