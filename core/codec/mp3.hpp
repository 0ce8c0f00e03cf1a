#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::codec {

/// The header of an MPEG audio layer III frame (ISO/IEC 11172-3 and 13818-3, 2.4.1.3; MPEG 2.5
/// too).
struct Mp3Frame {
    std::uint32_t sample_rate = 0;
    std::uint8_t channels = 0;
};

/// Reads the four bytes at the start of a frame. Errc::truncated, malformed.
Result<Mp3Frame> parse_mp3_frame(std::span<const std::uint8_t> frame);

}  // namespace sluice::codec
