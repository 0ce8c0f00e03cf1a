#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::control {

/// At most `most` bytes of a caller's own text, fit for JSON: what is not UTF-8 is replaced, and no
/// character is cut in two.
std::string clean_text(std::string_view text, std::size_t most);

/// How much of a field's or a parameter's name an error repeats.
inline constexpr std::size_t kShownName = 64;

}  // namespace sluice::control
