#pragma once

#include <string>
#include <string_view>

namespace sluice::control {

/// What `diff -u` says about two texts, without its head; empty when they are the same. Needs
/// memory for each pair of lines: for texts of up to a few thousand.
std::string text_diff(std::string_view before, std::string_view after);

}  // namespace sluice::control
