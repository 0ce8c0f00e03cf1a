#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::codec {

/// The start of an AC-3 syncframe (ETSI TS 102 366, 4.3).
struct Ac3Frame {
    std::uint32_t sample_rate = 0;
    std::uint8_t channels = 0;  ///< the low-frequency one included
};

/// Errc::truncated, malformed (no sync word, reserved rate, E-AC-3).
Result<Ac3Frame> parse_ac3_frame(std::span<const std::uint8_t> frame);

}  // namespace sluice::codec
