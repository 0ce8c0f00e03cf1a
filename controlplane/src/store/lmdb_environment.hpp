#pragma once

#include <lmdb.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "../result.hpp"

namespace sluice::control::store {

struct AbortTransaction {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

struct CloseEnvironment {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
};

struct CloseCursor {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

using RawTransaction = std::unique_ptr<MDB_txn, AbortTransaction>;
using RawCursor = std::unique_ptr<MDB_cursor, CloseCursor>;

/// LMDB's code as an Error. `what` is a few words: "begin transaction".
Error lmdb_error(std::string_view what, int code);

/// The two tables of the file: `data` holds the entries, `meta` the counters of the store itself.
struct Tables {
    MDB_dbi data = 0;
    MDB_dbi meta = 0;
};

/// The one open LMDB environment of a file. Open it after fork(), once per process.
class LmdbEnvironment {
public:
    /// Creates the file (mode 0600) when it is not there. `map_bytes` is sparse: it costs
    /// address space, not disk.
    static Result<std::unique_ptr<LmdbEnvironment>> open(const std::filesystem::path& file,
                                                         std::size_t map_bytes);

    Result<RawTransaction> begin_read() const;
    Result<RawTransaction> begin_write() const;

    /// Frees the handle also when it fails. The code is LMDB's: MDB_MAP_FULL can come only here.
    /// The process ends when LMDB can't go on after it.
    int commit(RawTransaction txn) const;

    /// Writes a compacted copy of the last commit to `fd`, while others read and write.
    Result<void> copy_to(int fd) const;

    /// Doubles the map. No transaction of this process may be open: hold `growing` alone.
    Result<void> grow();

    /// Takes the file's pages out of this process's memory, where they would count as its own until
    /// it ends. The kernel's page cache keeps them: reading one again costs a minor fault.
    void give_back_pages() const;

    const Tables& tables() const { return tables_; }

    /// Held shared by whoever has a transaction open, alone by grow().
    std::shared_mutex& growing() const { return growing_; }

private:
    LmdbEnvironment() = default;
    Result<void> open_tables();

    std::string file_;
    std::unique_ptr<MDB_env, CloseEnvironment> env_;
    Tables tables_;
    mutable std::shared_mutex growing_;
};

/// A value inside a transaction: valid until the transaction ends or writes.
Result<std::optional<std::string_view>> find(MDB_txn* txn, MDB_dbi table, std::string_view key);

inline MDB_val to_val(std::string_view bytes)
{
    return {bytes.size(), const_cast<char*>(bytes.data())};  // LMDB doesn't write through it
}

inline std::string_view to_view(const MDB_val& val)
{
    return {static_cast<const char*>(val.mv_data), val.mv_size};
}

}  // namespace sluice::control::store
