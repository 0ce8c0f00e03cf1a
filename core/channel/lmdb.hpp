#pragma once

#include <lmdb.h>

#include <memory>

namespace sluice::channel {

struct CloseEnv {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct AbortTxn {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

using Env = std::unique_ptr<MDB_env, CloseEnv>;
using Txn = std::unique_ptr<MDB_txn, AbortTxn>;

}  // namespace sluice::channel
