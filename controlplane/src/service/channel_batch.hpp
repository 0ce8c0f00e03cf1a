#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "caller.hpp"
#include "channels.hpp"
#include "idempotency.hpp"

namespace sluice::control {

inline constexpr std::size_t kMaxBatch = 100;

struct BatchDone {
    nlohmann::json items;  ///< `[{"method", "id", "version"}]` in the order of the operations
    bool applied = false;
    bool replayed = false;
};

/// Does what `body` asks for, `{"operations": [{"method": "create|put|patch|delete", "id", "body",
/// "if_match"}]}`, as one change: all of it or none. Errors name the operation:
/// `operations[3].body.name`.
Result<BatchDone> run_batch(Channels& channels, const Caller& by, const nlohmann::json& body,
                            const std::optional<OnceOnly>& once);

}  // namespace sluice::control
