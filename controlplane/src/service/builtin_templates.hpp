#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace sluice::control {

/// The templates that every Sluice has, the smallest first; each is a complete rendition.
const nlohmann::json& builtin_templates();

/// Whether one of them has this name, or is called so by its height: `hd`, `720p`.
bool is_builtin_template(std::string_view name);

}  // namespace sluice::control
