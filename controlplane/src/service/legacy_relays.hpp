#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sluice::control {

/// The channel's `relays` as the older API's one text: their URLs with commas between. A comma of
/// a URL itself is shown as `%2C`.
std::string legacy_relay_urls(const nlohmann::json& relays);

/// `text` without spaces around the commas and without empty parts.
std::string tidy_relay_urls(const std::string& text);

/// `relays` as `text` wants them. One that was there before stays as it is; a new one is enabled
/// when any was.
nlohmann::json legacy_relays(const nlohmann::json& relays, const std::string& text);

bool any_relay_enabled(const nlohmann::json& relays);

}  // namespace sluice::control
