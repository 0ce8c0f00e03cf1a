#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "../result.hpp"

namespace sluice::control {

inline constexpr std::size_t kMaxLegacyUnknown = 200;  ///< fields that we don't know
inline constexpr std::size_t kMaxLegacyBytes = 65536;  ///< of all that is kept beside

/// The channel that a POST of the older API asks for, to be given to Channels::create(): absent
/// fields have the older API's defaults. Fields without a counterpart, unknown ones and values in
/// words of the caller's own are in its member kLegacy. Errors name the older fields.
Result<nlohmann::json> legacy_create(const nlohmann::json& body);

/// `current` changed as a PUT of the older API asks: absent fields stay. A value that says what
/// the older form of `current` says already changes nothing, so that what this form can't express
/// is not lost when a whole item comes back.
Result<nlohmann::json> legacy_change(const nlohmann::json& current, const nlohmann::json& body);

/// A channel as the older API shows it. `with_key` false leaves out what only those may know who
/// may push: `key` and `relayURL`.
nlohmann::json legacy_item(const nlohmann::json& channel, bool with_key);

}  // namespace sluice::control
