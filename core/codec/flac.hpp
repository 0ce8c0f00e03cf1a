#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::codec {

/// STREAMINFO (RFC 9639, 8.2).
struct FlacConfig {
    std::uint32_t sample_rate = 0;
    std::uint8_t channels = 0;
    std::uint8_t bits_per_sample = 0;
};

/// Takes STREAMINFO bare, behind its block header, behind "fLaC" and that header, or in the payload
/// of a dfLa box. Errc::truncated, malformed.
Result<FlacConfig> parse_flac_config(std::span<const std::uint8_t> config);

}  // namespace sluice::codec
