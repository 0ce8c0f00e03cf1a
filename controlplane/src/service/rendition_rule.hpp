#pragma once

#include <vector>

#include "rule.hpp"

namespace sluice::control {

/// What a rendition is made by: the fields of a channel's own ones and of a template.
std::vector<Field> rendition_fields();

/// Of those fields alone.
const Rule& rendition_rule();

}  // namespace sluice::control
