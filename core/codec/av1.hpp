#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::codec {

/// What a sequence header OBU says about the picture (AV1 5.5).
struct Av1Sequence {
    std::uint8_t profile = 0;
    std::uint8_t level = 0;  ///< seq_level_idx of the first operating point
    bool high_tier = false;
    std::uint32_t width = 0;  ///< largest frame
    std::uint32_t height = 0;
    double fps = 0;  ///< only when pictures come at equal intervals
};

/// AV1CodecConfigurationRecord (AV1 in ISOBMFF 2.3). The AV1 video descriptor of MPEG-2 TS, which
/// Enhanced RTMP also allows, holds the same fields and is taken as well.
struct Av1Config {
    std::uint8_t profile = 0;
    std::uint8_t level = 0;  ///< seq_level_idx: 8 = 4.0
    bool high_tier = false;
    std::uint8_t bit_depth = 8;
    bool monochrome = false;
    std::optional<Av1Sequence> sequence;  ///< when the record brings its sequence header
};

/// Errc::truncated, malformed.
Result<Av1Config> parse_av1_config(std::span<const std::uint8_t> record);

/// Reads the payload of a sequence header OBU, without the OBU's own header. Errc::truncated,
/// malformed.
Result<Av1Sequence> parse_av1_sequence(std::span<const std::uint8_t> payload);

/// "Main", "High", "Professional"; empty for unknown ones.
std::string_view av1_profile_name(std::uint8_t profile);

/// AV1 in ISOBMFF 5: av01.P.LLT.DD.
std::string av1_codec_string(const Av1Config& config);

}  // namespace sluice::codec
