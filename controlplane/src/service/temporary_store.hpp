#pragma once

#include <memory>
#include <stdexcept>

#include "../store/lmdb_store.hpp"
#include "core/channel/temporary_folder.hpp"

namespace sluice::control {

/// For tests: a store in a folder of its own that goes away with it.
class TemporaryStore {
public:
    TemporaryStore()
    {
        auto store = store::LmdbStore::open(folder_.path() / "control.mdb");
        if (!store) throw std::runtime_error(store.error().detail);
        store_ = std::move(*store);
    }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;

    store::Store& operator*() const { return *store_; }
    store::Store* operator->() const { return store_.get(); }

private:
    const channel::TemporaryFolder folder_;
    std::unique_ptr<store::LmdbStore> store_;
};

}  // namespace sluice::control
