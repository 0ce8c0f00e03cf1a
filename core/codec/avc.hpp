#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::codec {

/// AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
struct AvcConfig {
    std::uint8_t profile = 0;        ///< profile_idc
    std::uint8_t compatibility = 0;  ///< constraint_set flags, the first in the highest bit
    std::uint8_t level = 0;          ///< level_idc: 31 = 3.1
    std::uint8_t nal_length_size = 4;
    std::span<const std::uint8_t> sps;  ///< the first one, with its NAL header; borrowed
    std::span<const std::uint8_t> pps;  ///< the first one; empty when there is none
};

/// What a sequence parameter set says about the picture (H.264 7.3.2.1.1).
struct AvcSps {
    std::uint8_t profile = 0;
    std::uint8_t compatibility = 0;
    std::uint8_t level = 0;
    std::uint8_t chroma_format = 1;  ///< chroma_format_idc: 1 = 4:2:0
    std::uint8_t bit_depth = 8;      ///< luma
    bool interlaced = false;         ///< frame_mbs_only_flag is 0
    std::uint32_t width = 0;         ///< luma samples after cropping
    std::uint32_t height = 0;
    double fps = 0;  ///< from the timing information, 0 without
};

/// Errc::truncated, malformed (version, length size 3, no sequence parameter set).
Result<AvcConfig> parse_avc_config(std::span<const std::uint8_t> record);

/// Reads an SPS NAL unit, its header byte included, emulation prevention bytes still inside.
Result<AvcSps> parse_avc_sps(std::span<const std::uint8_t> nal);

/// As H.264 Annex A names it ("High"); empty for unknown ones.
std::string_view avc_profile_name(std::uint8_t profile, std::uint8_t compatibility);

/// RFC 6381: avc1.PPCCLL.
std::string avc_codec_string(std::uint8_t profile, std::uint8_t compatibility, std::uint8_t level);

}  // namespace sluice::codec
