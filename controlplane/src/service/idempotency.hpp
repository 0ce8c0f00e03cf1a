#pragma once

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

/// The memory of POSTs that carried an Idempotency-Key. An answer is kept for a day.
class Idempotency {
public:
    explicit Idempotency(store::Store& store) : store_(store) {}

    /// The answer given before; nothing when this is the first time. Errc::invalid when the
    /// same key came with another request.
    Result<std::optional<nlohmann::json>> find(const OnceOnly& once) const;

    /// The operation to put into the transaction that does the work: it fails the transaction
    /// when the same key was used meanwhile.
    store::Operation remember(const OnceOnly& once, const nlohmann::json& answer,
                              std::int64_t now_s) const;

    /// Forgets what is older than a day.
    Result<void> prune(std::int64_t now_s);

private:
    store::Store& store_;
};

}  // namespace sluice::control
