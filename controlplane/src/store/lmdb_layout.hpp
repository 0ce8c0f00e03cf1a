#pragma once

#include <lmdb.h>

#include <string>
#include <string_view>

#include "lmdb_environment.hpp"
#include "store.hpp"

namespace sluice::control::store {

/// Key in the table `meta`: the revision of the newest transaction.
inline constexpr std::string_view kRevision = "revision";

/// Key in the table `meta`: the newest transaction that changed a key of `folder`.
std::string change_key(std::string_view folder);

/// 0 before the first transaction. Errc::internal when the record is damaged.
Result<Revision> read_revision(MDB_txn* txn, const Tables& tables);

/// LMDB's code.
int put_raw(MDB_txn* txn, MDB_dbi table, const std::string& key, const std::string& bytes);

}  // namespace sluice::control::store
