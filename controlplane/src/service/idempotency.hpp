#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "../store/store.hpp"

namespace sluice::control {

/// A POST that must be done at most once. `scope` and `key` name it (the caller's token and
/// his Idempotency-Key); `request` is the hash of what he sent.
struct OnceOnly {
    std::string scope;
    std::string key;
    std::string request;
};

/// The memory of POSTs that carried an Idempotency-Key. An answer is kept for a day, as long as it
/// is among the newest kMost, and these take no more than kMostBytes: the oldest go first. Between
/// two clearings kSlack more may be there.
class Idempotency {
public:
    static constexpr std::size_t kMost = 10'000;
    static constexpr std::size_t kMostBytes = 64 << 20;
    static constexpr std::size_t kSlack = 1000;

    explicit Idempotency(store::Store& store) : store_(store) {}

    struct Kept {
        nlohmann::json answer;
        std::uint64_t version = 0;  ///< that of every new key of the transaction that kept it
    };

    /// The answer given before; nothing when this is the first time. Errc::invalid when the
    /// same key came with another request, Errc::conflict when that one has no answer yet.
    Result<std::optional<Kept>> find(const OnceOnly& once) const;

    /// The operation to put into the transaction that does the work: it fails the transaction
    /// when the same key was used meanwhile.
    store::Operation remember(const OnceOnly& once, const nlohmann::json& answer,
                              std::int64_t now_s) const;

    /// For work that is no transaction of the store: takes the key, or finds what was answered. A
    /// key that was taken by a process that died before finish() stays taken: whether the work was
    /// done is not known.
    Result<std::optional<Kept>> begin(const OnceOnly& once, std::int64_t now_s);
    Result<void> finish(const OnceOnly& once, const nlohmann::json& answer, std::int64_t now_s);
    Result<void> forget(const OnceOnly& once);

    /// prune() once enough has been remembered since. To be called before remember().
    Result<void> make_room(std::int64_t now_s) const;

    /// Forgets what is older than a day, and what is too much.
    Result<void> prune(std::int64_t now_s) const;

private:
    store::Store& store_;
    mutable std::atomic<std::size_t> fresh_{0};  ///< remembered since what is too much was cleared
};

}  // namespace sluice::control
