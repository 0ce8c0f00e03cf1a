#pragma once

#include <cstdint>

#include "core/media/track.hpp"
#include "window.hpp"

namespace sluice::package {

/// How long parts of this track are, in its units. `frame`: a unit's duration.
std::uint64_t part_units(const media::Track& track, std::uint32_t part_ms, std::uint32_t frame);

/// What playlists say of a track; nothing without one.
TrackFacts track_facts(const media::Track* track, std::uint32_t part_ms, std::uint32_t frame);

}  // namespace sluice::package
