#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::codec {

/// OpusHead (RFC 7845, 5.1) or the same fields of a dOps box (Opus in ISOBMFF, 4.3.2). Opus always
/// decodes to 48,000 Hz.
struct OpusConfig {
    std::uint8_t channels = 0;
    std::uint16_t pre_skip = 0;    ///< samples at 48 kHz that a decoder throws away at the start
    std::uint32_t input_rate = 0;  ///< Hz, of what was encoded; hearsay
    std::int16_t gain = 0;         ///< 1/256 dB
    std::uint8_t mapping_family = 0;
};

inline constexpr std::uint32_t kOpusRate = 48000;

/// Errc::truncated, malformed (version, no channels, a channel table that doesn't fit).
Result<OpusConfig> parse_opus_config(std::span<const std::uint8_t> config);

}  // namespace sluice::codec
