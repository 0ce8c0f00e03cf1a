#pragma once

#include <cstdint>

#include "core/base/bit_reader.hpp"
#include "core/codec/hevc.hpp"

/// The parts of an H.265 sequence parameter set, in the order they come; parse_hevc_sps puts them
/// together.
namespace sluice::codec::hevc {

inline constexpr std::uint32_t kMaxSubLayers = 6;  // sps_max_sub_layers_minus1, 7.4.3.2.1

/// 7.3.3, with the sub-layers' own profiles passed over.
HevcProfile read_profile_tier_level(RbspReader& r, std::uint32_t sub_layers_minus1);

/// From the SPS's own id to the bit depths: chroma format, size, conformance window. False when a
/// value is out of range.
bool read_picture(RbspReader& r, HevcSps& sps);

/// From the picture order count to the timing information of the VUI (E.2.1). 0 when there is none
/// or the rest is damaged: the frame rate is worth having, but not worth refusing a stream for.
double read_fps(RbspReader& r, std::uint32_t sub_layers_minus1);

}  // namespace sluice::codec::hevc
