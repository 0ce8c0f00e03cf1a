#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::codec {

/// general_profile, tier and level (H.265 7.3.3), as in the configuration and in the SPS.
struct HevcProfile {
    std::uint8_t space = 0;  ///< 0 to 3
    bool high_tier = false;
    std::uint8_t profile = 0;
    std::uint32_t compatibility = 0;  ///< flag 0 in the highest bit
    std::array<std::uint8_t, 6> constraints{};
    std::uint8_t level = 0;  ///< 30 × the level: 93 = 3.1

    friend bool operator==(const HevcProfile&, const HevcProfile&) = default;
};

/// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
struct HevcConfig {
    HevcProfile profile;
    std::uint8_t nal_length_size = 4;
    std::span<const std::uint8_t> vps;  ///< the first of each, with its NAL header; borrowed
    std::span<const std::uint8_t> sps;
    std::span<const std::uint8_t> pps;
};

/// What a sequence parameter set says about the picture (H.265 7.3.2.2.1).
struct HevcSps {
    HevcProfile profile;
    std::uint8_t chroma_format = 1;  ///< chroma_format_idc: 1 = 4:2:0
    std::uint8_t bit_depth = 8;      ///< luma
    std::uint32_t width = 0;         ///< luma samples inside the conformance window
    std::uint32_t height = 0;
    double fps = 0;  ///< from the timing information, 0 without
};

/// Errc::truncated, malformed (version, length size 3, no sequence parameter set).
Result<HevcConfig> parse_hevc_config(std::span<const std::uint8_t> record);

/// Reads an SPS NAL unit, its two header bytes included, emulation prevention bytes still inside.
Result<HevcSps> parse_hevc_sps(std::span<const std::uint8_t> nal);

/// "Main", "Main 10", …; empty for unknown ones.
std::string_view hevc_profile_name(const HevcProfile& profile);

/// ISO/IEC 14496-15, E.3: hvc1.1.6.L93.90.
std::string hevc_codec_string(const HevcProfile& profile);

}  // namespace sluice::codec
