#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::codec {

using NalUnit = std::span<const std::uint8_t>;

/// The NAL units of an access unit in the form of MP4 and FLV, each behind its length (ISO/IEC
/// 14496-15, 4.3.2). Ends at the first length that does not fit: broken() tells.
class NalUnits {
public:
    /// `length_size`: 1, 2 or 4 bytes.
    NalUnits(std::span<const std::uint8_t> access_unit, std::uint8_t length_size)
        : rest_(access_unit), length_size_(length_size)
    {}

    /// The next one, without its length, never empty; nothing at the end.
    std::optional<NalUnit> next();

    bool broken() const { return broken_; }

private:
    std::span<const std::uint8_t> rest_;
    std::uint8_t length_size_;
    bool broken_ = false;
};

/// What a decoder needs before the first picture, in the order in which it needs it.
struct ParameterSets {
    std::uint8_t nal_length_size = 4;
    std::vector<NalUnit> units;  ///< borrowed from the record
};

/// All parameter sets of an AVCDecoderConfigurationRecord: SPS, then PPS. Errc::truncated,
/// malformed.
Result<ParameterSets> avc_parameter_sets(std::span<const std::uint8_t> record);

/// All of an HEVCDecoderConfigurationRecord: VPS, SPS, PPS, then what else it brings.
Result<ParameterSets> hevc_parameter_sets(std::span<const std::uint8_t> record);

}  // namespace sluice::codec
