#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// The CMAF header of one track (ISO/IEC 23000-19, 7.3.1): `ftyp` and `moov`, what init.mp4 holds.
/// Errors: those of append_sample_entry().
Result<std::vector<std::uint8_t>> init_segment(const media::Track& track);

/// Every file holds one track, and this is its number.
inline constexpr std::uint32_t kTrackId = 1;

}  // namespace sluice::fmp4
