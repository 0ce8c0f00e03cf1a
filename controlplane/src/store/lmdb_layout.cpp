#include "lmdb_layout.hpp"

#include "record.hpp"

namespace sluice::control::store {

std::string change_key(std::string_view folder)
{
    return std::string("changed/").append(folder);
}

Result<Revision> read_revision(MDB_txn* txn, const Tables& tables)
{
    auto found = find(txn, tables.meta, kRevision);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Revision{0};
    const auto value = decode_counter(**found);
    if (!value) return fail(Errc::internal, "store: the revision record is damaged");
    return *value;
}

int put_raw(MDB_txn* txn, MDB_dbi table, const std::string& key, const std::string& bytes)
{
    MDB_val k = to_val(key);
    MDB_val v = to_val(bytes);
    return mdb_put(txn, table, &k, &v, 0);
}

}  // namespace sluice::control::store
