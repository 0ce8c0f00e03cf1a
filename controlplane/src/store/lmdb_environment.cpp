#include "lmdb_environment.hpp"

#include <sys/mman.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "../log.hpp"

namespace sluice::control::store {
namespace {

constexpr unsigned kMaxReaders = 512;
constexpr unsigned kFileMode = 0600;

/// Where the kernel has mapped the file; LMDB doesn't tell. nullptr when it is not found.
void* mapping_of(const std::string& file)
{
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (!line.ends_with(" " + file)) continue;
        std::uintptr_t start = 0;
        std::from_chars(line.data(), line.data() + line.size(), start, 16);
        return reinterpret_cast<void*>(start);
    }
    return nullptr;
}

/// LMDB refuses everything once it could not write where its newest state is: what is on disk is
/// whole, and only a process that opens it anew can go on. The supervisor starts one.
int end_when_broken(int code)
{
    if (code != MDB_PANIC) return code;
    log_message(Level::error, "store: the disk failed in the middle of a commit: starting anew");
    std::_Exit(EXIT_FAILURE);
}

}  // namespace

Error lmdb_error(std::string_view what, int code)
{
    const bool outside = code == ENOSPC || code == EIO || code == MDB_MAP_FULL ||
                         code == MDB_READERS_FULL || code == ENOMEM;
    return {outside ? Errc::unavailable : Errc::internal,
            std::string("store: ").append(what).append(": ").append(mdb_strerror(code)),
            {}};
}

Result<std::unique_ptr<LmdbEnvironment>> LmdbEnvironment::open(const std::filesystem::path& file,
                                                               std::size_t map_bytes)
{
    std::unique_ptr<LmdbEnvironment> made(new LmdbEnvironment);
    MDB_env* env = nullptr;
    if (const int rc = mdb_env_create(&env)) return tl::unexpected(lmdb_error("create", rc));
    made->env_.reset(env);
    std::error_code unknown;
    made->file_ = std::filesystem::absolute(file, unknown).lexically_normal().string();
    mdb_env_set_maxdbs(env, 4);
    mdb_env_set_maxreaders(env, kMaxReaders);
    mdb_env_set_mapsize(env, map_bytes);
    // NOTLS: a reader belongs to its transaction, not to the thread that began it.
    if (const int rc = mdb_env_open(env, file.c_str(), MDB_NOSUBDIR | MDB_NOTLS, kFileMode)) {
        return tl::unexpected(lmdb_error("open " + file.string(), rc));
    }
    int dead = 0;
    mdb_reader_check(env, &dead);  // slots of processes that were killed
    if (auto tables = made->open_tables(); !tables) return tl::unexpected(tables.error());
    return made;
}

Result<void> LmdbEnvironment::open_tables()
{
    auto txn = begin_write();
    if (!txn) return tl::unexpected(txn.error());
    for (auto [name, table] : {std::pair{"data", &tables_.data}, {"meta", &tables_.meta}}) {
        if (const int rc = mdb_dbi_open(txn->get(), name, MDB_CREATE, table)) {
            return tl::unexpected(lmdb_error("open table", rc));
        }
    }
    if (const int rc = commit(std::move(*txn))) return tl::unexpected(lmdb_error("commit", rc));
    return {};
}

Result<RawTransaction> LmdbEnvironment::begin_read() const
{
    MDB_txn* txn = nullptr;
    if (const int rc = end_when_broken(mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn))) {
        return tl::unexpected(lmdb_error("begin transaction", rc));
    }
    return RawTransaction(txn);
}

Result<RawTransaction> LmdbEnvironment::begin_write() const
{
    MDB_txn* txn = nullptr;
    if (const int rc = end_when_broken(mdb_txn_begin(env_.get(), nullptr, 0, &txn))) {
        return tl::unexpected(lmdb_error("begin transaction", rc));
    }
    return RawTransaction(txn);
}

int LmdbEnvironment::commit(RawTransaction txn) const
{
    const int rc = mdb_txn_commit(txn.release());
    // Nobody may hear of the failure when it is one that this process can't go on after.
    if (rc != 0) static_cast<void>(begin_read());
    return rc;
}

Result<void> LmdbEnvironment::copy_to(int fd) const
{
    if (const int rc = mdb_env_copyfd2(env_.get(), fd, MDB_CP_COMPACT)) {
        return tl::unexpected(lmdb_error("copy", rc));
    }
    return {};
}

Result<void> LmdbEnvironment::grow()
{
    MDB_envinfo info{};
    mdb_env_info(env_.get(), &info);
    if (const int rc = mdb_env_set_mapsize(env_.get(), info.me_mapsize * 2)) {
        return tl::unexpected(lmdb_error("grow", rc));
    }
    return {};
}

void LmdbEnvironment::give_back_pages() const
{
    MDB_envinfo info{};
    MDB_stat stat{};
    mdb_env_info(env_.get(), &info);
    mdb_env_stat(env_.get(), &stat);
    auto* const start = mapping_of(file_);
    if (start == nullptr) return;
    // A failure costs memory only.
    ::madvise(start, (info.me_last_pgno + 1) * stat.ms_psize, MADV_DONTNEED);
}

Result<std::optional<std::string_view>> find(MDB_txn* txn, MDB_dbi table, std::string_view key)
{
    MDB_val k = to_val(key);
    MDB_val v{};
    const int rc = mdb_get(txn, table, &k, &v);
    if (rc == MDB_NOTFOUND) return std::optional<std::string_view>{};
    if (rc != 0) return tl::unexpected(lmdb_error("read", rc));
    return std::optional{to_view(v)};
}

}  // namespace sluice::control::store
