#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "../result.hpp"
#include "../store/store.hpp"

namespace sluice::control {

/// The member of a stored channel that holds its secrets. It sorts behind all others, so that
/// what may be shown is the text before it: a page of many channels needs no parsing.
inline constexpr const char* kSecrets = "~secrets";

/// The value to store for a channel document: all but its version, which the store keeps.
std::string to_stored(const nlohmann::json& channel);

/// The channel document of a stored entry, its secrets in their places.
Result<nlohmann::json> from_stored(const store::Entry& entry);

/// The JSON text of a stored channel without its secrets.
Result<std::string> shown_text(const store::Entry& entry);

}  // namespace sluice::control
