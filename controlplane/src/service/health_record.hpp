#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../result.hpp"
#include "../store/store.hpp"
#include "health_book.hpp"
#include "journal.hpp"

namespace sluice::control {

/// Keeps open breaches in the store, in the transaction of the events that tell of them: whoever
/// starts anew tells nothing twice and leaves out no end. Not thread-safe.
class HealthRecord {
public:
    /// The two must outlive it.
    HealthRecord(store::Store& store, const Journal& journal) : store_(store), journal_(journal) {}

    /// Puts what was open at the end of the process before into `book`. `now_ms` is the book's
    /// clock.
    Result<void> load(HealthBook& book, std::int64_t now_ms);

    /// Records `changes` as `stream.degraded` and `stream.recovered`, with rule, value, threshold
    /// and reason, and what is open in `book` after them. All or nothing.
    Result<void> commit(const std::vector<HealthBook::Change>& changes, const HealthBook& book,
                        std::int64_t now_ms);

private:
    using Texts = std::map<std::string, std::string>;

    store::Store& store_;
    const Journal& journal_;
    Texts stored_;  ///< by channel; bounded by nginx's streams
};

}  // namespace sluice::control
