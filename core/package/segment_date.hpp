#pragma once

#include <cstdint>

#include "window.hpp"

namespace sluice::package {

/// When the first unit of a segment of this period arrived, wall clock; 0: the lane has nothing in
/// the period.
std::int64_t date_ms(const Period& period, Lane lane, const SegmentEntry& segment);

}  // namespace sluice::package
