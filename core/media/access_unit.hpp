#pragma once

#include <cstdint>
#include <span>

namespace sluice::media {

/// One coded picture or one frame of audio, as FLV carries it: NAL units behind their lengths,
/// OBUs, a raw AAC or Opus frame. Times are in units of the track's timescale and never fall; the
/// bytes are borrowed.
struct AccessUnit {
    std::int64_t dts = 0;
    std::int32_t composition = 0;  ///< pts − dts
    std::uint32_t duration = 0;    ///< until the next one
    bool key = false;              ///< decoding can start here; true for audio
    std::span<const std::uint8_t> data;
};

}  // namespace sluice::media
