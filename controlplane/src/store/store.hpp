#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../result.hpp"

namespace sluice::control::store {

/// Rises by one with every committed transaction, over the whole store and over restarts.
using Revision = std::uint64_t;

/// A stored value. `version` rises by one with every put of this key. A new key starts with the
/// revision of its transaction: one that was removed and made again never has a version twice.
struct Entry {
    std::string key;
    std::string value;
    std::uint64_t version = 0;
    Revision revision = 0;  ///< of the transaction that wrote it
};

/// Where an appended value stands. Both count from 1 without a gap, in the order of commits, and
/// never count twice: not after a restart, nor when values were removed since.
struct Position {
    std::uint64_t number = 0;       ///< in its log
    std::uint64_t in_sequence = 0;  ///< among those of its log that share its sequence
};

/// One step of a transaction. Build it with put(), remove(), check() or append().
struct Operation {
    enum class Kind : std::uint8_t { put, remove, check, append };
    using Make = std::function<std::string(const Position&)>;

    Kind kind = Kind::check;
    std::string key;  ///< of an append: the log's prefix
    std::string value;
    /// The version the key must have for the transaction to commit; 0: it must not exist.
    std::optional<std::uint64_t> expected;
    std::string sequence;  ///< of an append
    Make make;             ///< of an append
};

inline Operation put(std::string key, std::string value,
                     std::optional<std::uint64_t> expected = std::nullopt)
{
    return {Operation::Kind::put, std::move(key), std::move(value), expected, {}, {}};
}

inline Operation remove(std::string key, std::optional<std::uint64_t> expected = std::nullopt)
{
    return {Operation::Kind::remove, std::move(key), {}, expected, {}, {}};
}

inline Operation check(std::string key, std::uint64_t expected)
{
    return {Operation::Kind::check, std::move(key), {}, expected, {}, {}};
}

/// Puts `make(position)` under numbered_key(log, position.number). Only the commit knows the
/// position, so `make` may run more than once, on another thread: it must not block or throw.
inline Operation append(std::string log, std::string sequence, Operation::Make make)
{
    Operation operation{Operation::Kind::append, std::move(log), {}, std::nullopt, {}, {}};
    operation.sequence = std::move(sequence);
    operation.make = std::move(make);
    return operation;
}

/// `audit/` and 17 make `audit/00000000000000000017`: byte order is the order of numbers.
std::string numbered_key(std::string_view log, std::uint64_t number);

struct Page {
    std::vector<Entry> items;
    bool more = false;      ///< there are keys of this prefix behind the last item
    Revision revision = 0;  ///< the state of the store that the page shows
};

struct Change {
    std::string key;
    Revision revision = 0;
    bool removed = false;
};

struct Changes {
    std::vector<Change> items;
    Revision revision = 0;  ///< hand this to the next watch()
};

inline constexpr std::size_t kMaxOperations = 100;
inline constexpr std::size_t kMaxBulkOperations = 400'000;
inline constexpr std::size_t kMaxKey = 480;
inline constexpr std::size_t kMaxValue = 1 << 20;

/// The metadata of a Sluice: a small ordered map with versions. LMDB implements it on one
/// machine, etcd in a fleet. All functions may be called from any thread.
class Store {
public:
    virtual ~Store() = default;

    /// nullopt when there is no such key.
    virtual Result<std::optional<Entry>> get(std::string_view key) const = 0;

    /// Keys that start with `prefix` and are greater than `after`, in byte order.
    virtual Result<Page> list(std::string_view prefix, std::string_view after,
                              std::size_t limit) const = 0;

    /// Keys that start with `prefix` and are less than `before` (empty: all of them), newest or
    /// last first.
    virtual Result<Page> list_back(std::string_view prefix, std::string_view before,
                                   std::size_t limit) const = 0;

    /// All or nothing; returns when the change is durable. At most kMaxOperations, each key
    /// once (appends as often as wanted). Errc::precondition when an expected version is not the
    /// current one.
    virtual Result<Revision> commit(std::vector<Operation> operations) = 0;

    /// commit() for up to kMaxBulkOperations, all or nothing like any: a crash in the middle leaves
    /// none of them. For what a user asks to be done as a whole.
    virtual Result<Revision> commit_bulk(std::vector<Operation> operations) = 0;

    /// Waits up to `wait` for changes of `prefix` after the revision `after`; an empty answer
    /// is none. Errc::gone when that history is no longer kept: list again.
    virtual Result<Changes> watch(std::string_view prefix, Revision after,
                                  std::chrono::milliseconds wait) const = 0;

    virtual Result<Revision> revision() const = 0;

    /// The newest transaction that changed a key of `folder` (what stands before the first slash of
    /// a key, with the slash); 0 when none did.
    virtual Result<Revision> last_change(std::string_view folder) const = 0;
};

}  // namespace sluice::control::store
