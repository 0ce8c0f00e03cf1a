#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string_view>
#include <vector>

#include "store.hpp"

namespace sluice::control::store {

/// The newest changes of a store of one process, for its watchers. Bounded: the oldest ones
/// are forgotten, and who asks for them is told so.
class ChangeLog {
public:
    /// `start` is the store's revision now: nothing before it is known.
    explicit ChangeLog(Revision start, std::size_t bound = 16384);

    void append(std::vector<Change> changes, Revision revision);

    /// Everything may be different from `revision` on: all watchers have to list again.
    void forget(Revision revision);

    /// See Store::watch.
    Result<Changes> wait(std::string_view prefix, Revision after,
                         std::chrono::milliseconds timeout) const;

private:
    Changes collect(std::string_view prefix, Revision after) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::deque<Change> changes_;
    Revision oldest_;  ///< changes after this revision are all in `changes_`
    Revision newest_;
    std::size_t bound_;
};

}  // namespace sluice::control::store
