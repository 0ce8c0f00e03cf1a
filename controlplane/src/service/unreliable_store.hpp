#pragma once

#include <atomic>
#include <utility>
#include <vector>

#include "../store/store.hpp"

namespace sluice::control {

/// For tests: a store whose disk can fill up and whose reads can fail.
class UnreliableStore final : public store::Store {
public:
    explicit UnreliableStore(store::Store& store) : store_(store) {}

    std::atomic<bool> full{false};
    std::atomic<bool> unreadable{false};
    std::atomic<std::size_t> refused{0};  ///< commits

    Result<std::optional<store::Entry>> get(std::string_view key) const override
    {
        if (unreadable) return fail(Errc::internal, "the store can't be read");
        return store_.get(key);
    }
    Result<store::Page> list(std::string_view prefix, std::string_view after,
                             std::size_t limit) const override
    {
        return store_.list(prefix, after, limit);
    }
    Result<store::Page> list_back(std::string_view prefix, std::string_view before,
                                  std::size_t limit) const override
    {
        return store_.list_back(prefix, before, limit);
    }
    Result<store::Revision> commit(std::vector<store::Operation> operations) override
    {
        if (full) {
            ++refused;
            return fail(Errc::unavailable, "the disk is full");
        }
        return store_.commit(std::move(operations));
    }
    Result<store::Revision> commit_bulk(std::vector<store::Operation> operations) override
    {
        if (full) return fail(Errc::unavailable, "the disk is full");
        return store_.commit_bulk(std::move(operations));
    }
    Result<store::Changes> watch(std::string_view prefix, store::Revision after,
                                 std::chrono::milliseconds wait) const override
    {
        return store_.watch(prefix, after, wait);
    }
    Result<store::Revision> revision() const override { return store_.revision(); }
    Result<store::Revision> last_change(std::string_view folder) const override
    {
        return store_.last_change(folder);
    }

private:
    store::Store& store_;
};

}  // namespace sluice::control
