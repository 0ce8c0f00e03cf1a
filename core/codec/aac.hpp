#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::codec {

/// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
struct AacConfig {
    std::uint8_t object_type = 0;  ///< of the core coder: 2 = AAC LC
    std::uint8_t channels =
        0;  ///< of the core coder, the low-frequency one included; 0: unknown (USAC)
    std::uint32_t sample_rate = 0;     ///< Hz, of the core coder
    bool sbr = false;                  ///< spectral band replication is signalled (HE-AAC)
    bool ps = false;                   ///< parametric stereo is signalled (HE-AAC v2)
    std::uint32_t output_rate = 0;     ///< Hz, after SBR
    std::uint8_t output_channels = 0;  ///< after PS
};

/// Explicit and backward compatible signalling of SBR and PS. Errc::truncated, malformed.
Result<AacConfig> parse_aac_config(std::span<const std::uint8_t> config);

/// "LC", "HE-AAC", "HE-AACv2", …; empty for unknown ones.
std::string_view aac_profile_name(const AacConfig& config);

/// RFC 6381: mp4a.40.N, where N is what a decoder needs to play all of it (5 with SBR, 29 with PS).
std::string aac_codec_string(const AacConfig& config);

}  // namespace sluice::codec
