#pragma once

#include <cstdint>

#include "window.hpp"

namespace sluice::package {

/// Bits per second of a lane's segments.
struct LaneRate {
    std::uint64_t peak = 0;
    std::uint64_t average = 0;
};

/// As measured; of the open segment while there is no other.
LaneRate rate_of(const Window& window, Lane lane);

}  // namespace sluice::package
