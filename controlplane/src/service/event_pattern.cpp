#include "event_pattern.hpp"

#include <algorithm>

namespace sluice::control {
namespace {

/// Words of lower-case letters, digits and underscores.
bool is_word(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

bool matches(std::string_view pattern, std::string_view type)
{
    if (pattern == "*") return true;
    if (!pattern.ends_with(".*")) return pattern == type;
    return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::optional<std::string> formats::event_pattern(const std::string& text)
{
    const auto dot = text.find('.');
    const bool good = text == "*" || (dot != std::string::npos && is_word(text.substr(0, dot)) &&
                                      (text.substr(dot) == ".*" || is_word(text.substr(dot + 1))));
    if (good) return std::nullopt;
    return "be a type of events such as stream.started, all of a kind such as stream.*, or *";
}

}  // namespace sluice::control
