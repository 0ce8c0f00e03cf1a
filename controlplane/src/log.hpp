#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace sluice::control {

enum class Level : std::uint8_t { info, warn, error };

/// One JSON line on stderr: `ts`, `level` and the given members. Lines of several threads do not
/// mix. Never hand it keys, tokens, signatures or query strings.
void log(Level level, nlohmann::ordered_json members);

/// The same with one member, `msg`.
void log_message(Level level, std::string_view message);

}  // namespace sluice::control
