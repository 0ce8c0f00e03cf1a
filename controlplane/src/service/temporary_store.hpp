#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "../store/lmdb_store.hpp"

namespace sluice::control {

/// For tests: a store in a folder of its own that goes away with it.
class TemporaryStore {
public:
    TemporaryStore()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder_ = pattern;
        auto store = store::LmdbStore::open(folder_ / "control.mdb");
        if (!store) throw std::runtime_error(store.error().detail);
        store_ = std::move(*store);
    }
    TemporaryStore(const TemporaryStore&) = delete;
    TemporaryStore& operator=(const TemporaryStore&) = delete;
    ~TemporaryStore()
    {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    store::Store& operator*() const { return *store_; }
    store::Store* operator->() const { return store_.get(); }

private:
    std::filesystem::path folder_;
    std::unique_ptr<store::LmdbStore> store_;
};

}  // namespace sluice::control
