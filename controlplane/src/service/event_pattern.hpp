#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::control {

/// Whether an event's type is among those that `pattern` names: `*`, `stream.*` or a whole type.
bool matches(std::string_view pattern, std::string_view type);

namespace formats {

/// What a pattern must be; see service/formats.hpp.
std::optional<std::string> event_pattern(const std::string& text);

}  // namespace formats
}  // namespace sluice::control
