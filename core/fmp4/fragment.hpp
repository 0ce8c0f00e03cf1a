#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/media/track.hpp"
#include "movie.hpp"

namespace sluice::fmp4 {

/// One access unit, in the time of its track.
struct Sample {
    std::uint32_t duration = 0;
    std::uint32_t size = 0;        ///< bytes
    std::int32_t composition = 0;  ///< pts − dts
    bool sync = true;              ///< decoding can start here
};

/// What goes into one movie fragment.
struct Fragment {
    media::Kind kind{};
    std::uint32_t sequence = 0;     ///< rises from fragment to fragment
    std::uint64_t decode_time = 0;  ///< of the first sample
    std::span<const Sample> samples;
    std::uint32_t track_id = kTrackId;
};

/// Appends `moof` and the header of the `mdat` that must follow: the samples' bytes, one after the
/// other (a CMAF chunk, ISO/IEC 23000-19, 7.3.2.3). Together the samples must be smaller than 4
/// GiB.
void append_fragment_head(const Fragment& fragment, std::vector<std::uint8_t>& out);

}  // namespace sluice::fmp4
