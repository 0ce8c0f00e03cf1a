#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// The CMAF header of one track (ISO/IEC 23000-19, 7.3.1): `ftyp` and `moov`, what init.mp4 holds.
/// Errors: those of movie_header(), and Errc::unsupported for MP3.
Result<std::vector<std::uint8_t>> init_segment(const media::Track& track);

}  // namespace sluice::fmp4
