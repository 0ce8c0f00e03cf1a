#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "../nginx/configuration.hpp"
#include "../result.hpp"
#include "core/hub/layout.hpp"
#include "rule.hpp"

namespace sluice::control {

/// The most that limits.max_body_bytes may be set to, and what the API's server takes.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} << 20;

/// The hub has a slot for each worker, and workers of the configurations before the current one
/// keep theirs until their last session ends.
inline constexpr int kMaxWorkers = hub::kSlots / 2;

/// The rule of the settings document.
const Rule& settings_rule();

/// `document` complete with defaults, or every wrong field: types and ranges, ports that are the
/// same, a certificate without its key.
Result<nlohmann::json> checked_settings(nlohmann::json document);

/// Whether nginx can work with a checked document on this machine as it is now: memory for the hub,
/// open files. Errc::invalid names each field that asks for too much.
Result<void> fits_machine(const nlohmann::json& document);

/// What nginx is to be rendered from. `document` is complete and checked; certificate and key stay
/// empty when it has none.
nginx::Configuration to_configuration(const nlohmann::json& document);

}  // namespace sluice::control
