#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/media/track.hpp"

namespace sluice::fmp4 {

/// Appends the sample entry of a track: avc1 and hvc1 (ISO/IEC 14496-15, 5.4.2 and 8.4.1), av01
/// (AV1 in ISOBMFF 2.2), mp4a of AAC and MP3 (ISO/IEC 14496-14, 5.6), Opus (Opus in ISOBMFF 4.3).
/// Errc::unsupported for other codecs; truncated or malformed for a configuration that can't be
/// one. After an error nothing was appended.
Result<void> append_sample_entry(const media::Track& track, std::vector<std::uint8_t>& out);

}  // namespace sluice::fmp4
