#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// Of a movie's first track; the others follow it.
inline constexpr std::uint32_t kTrackId = 1;

/// `ftyp` and `moov` of a movie whose samples all come in fragments; `brands`: the major one first
/// (`iso6` for tfdt and movie fragments). Errors: those of append_sample_entry().
Result<std::vector<std::uint8_t>> movie_header(std::span<const media::Track* const> tracks,
                                               std::initializer_list<std::string_view> brands = {
                                                   "iso6", "mp41"});

}  // namespace sluice::fmp4
