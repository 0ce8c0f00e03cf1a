#pragma once

#include <optional>
#include <string>

namespace sluice::control {

/// `#rrggbb` of a colour as people and FFmpeg write it: a name of CSS in any case, `rrggbb` or
/// `rrggbbaa` behind `#`, `0x` or nothing. nullopt when it is none.
std::optional<std::string> color_of(std::string text);

}  // namespace sluice::control
