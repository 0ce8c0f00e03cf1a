#pragma once

#include <cstdint>
#include <initializer_list>

#include "window.hpp"

namespace sluice::package {

/// Seconds since 2025-01-01: no sequence number is below it, so that they rise over restarts.
std::uint64_t first_sequence(std::int64_t wall_ms);

/// Of the period that begins now. One that left no segments gives its number back:
/// EXT-X-DISCONTINUITY-SEQUENCE counts what was listed.
std::uint32_t next_period(const Window& window);

/// Of the period's first segment: behind what the lanes have of the period before; anew where they
/// have nothing.
std::uint64_t next_segment(const Window& window, const Period& period,
                           std::initializer_list<Lane> lanes);

}  // namespace sluice::package
