#pragma once

#include <nlohmann/json.hpp>

#include "rule.hpp"

namespace sluice::control {

/// The member of a channel that holds what only the older API knows: fields without a counterpart,
/// and values in the words they came in (legacy_channel.hpp).
inline constexpr const char* kLegacy = "~legacy";

/// Every field of a channel with its range and default. `controlplane/openapi.yaml` says the
/// same to the outside; a test compares the two.
const Rule& channel_rule();

/// Ranges and formats by channel_rule(), and what concerns several fields at once.
void check_channel(const nlohmann::json& channel, Findings& findings);

}  // namespace sluice::control
