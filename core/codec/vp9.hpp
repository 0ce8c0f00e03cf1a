#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/result.hpp"

namespace sluice::codec {

/// VPCodecConfigurationRecord (VP codec in ISOBMFF). It doesn't know the picture's size.
struct Vp9Config {
    std::uint8_t profile = 0;
    std::uint8_t level = 0;  ///< 10 × the level, 0 for unknown
    std::uint8_t bit_depth = 8;
};

/// With or without the version and flags of the box around it. Errc::truncated, malformed.
Result<Vp9Config> parse_vp9_config(std::span<const std::uint8_t> record);

/// vp09.PP.LL.DD.
std::string vp9_codec_string(const Vp9Config& config);

}  // namespace sluice::codec
