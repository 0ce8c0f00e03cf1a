#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// What a sample is when its fragment does not say it (trex, tfhd).
struct SampleDefaults {
    std::uint32_t description = 1;
    std::uint32_t duration = 0;
    std::uint32_t size = 0;
    std::uint32_t flags = 0;
};

/// A track as a movie's header tells of it.
struct MovieTrack {
    std::uint32_t id = 0;
    bool known = false;      ///< `track` says what it is
    media::Track track;      ///< its timescale is there in any case
    std::int64_t shift = 0;  ///< its edit list, in its own time: added to every decoding time
    SampleDefaults defaults;
};

/// Reads the content of `moov`. Codecs other than avc1, avc3, hvc1, hev1, av01, mp4a (AAC, MP3) and
/// Opus, tracks that are neither picture nor sound, and those whose configuration can't be read are
/// not known. Errc::malformed; unsupported when no track is known, or the samples are not in
/// fragments.
Result<std::vector<MovieTrack>> read_movie(std::span<const std::uint8_t> moov);

}  // namespace sluice::fmp4
