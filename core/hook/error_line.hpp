#pragma once

#include <string_view>

namespace sluice::hook {

/// Whether a line that a program printed tells of something that went wrong: what a user wants to
/// read first. Programs mark their errors as they like, so it goes by words.
bool tells_of_error(std::string_view line);

}  // namespace sluice::hook
