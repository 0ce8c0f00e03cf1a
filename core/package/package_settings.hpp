#pragma once

#include <cstdint>

namespace sluice::package {

/// What is made of a stream.
struct PackageSettings {
    bool hls = false;   ///< MPEG-TS segments
    bool cmaf = false;  ///< CMAF segments in parts
    std::uint32_t segment_ms = 2000;
    std::uint32_t part_ms = 200;
    std::uint32_t list_size = 5;
    std::uint32_t dvr_window_s = 0;  ///< how long whole CMAF segments are kept; 0: they are not

    bool operator==(const PackageSettings&) const = default;
};

/// EXT-X-TARGETDURATION of segments that are to last this long.
constexpr std::uint32_t target_s(std::uint32_t segment_ms)
{
    return segment_ms <= 1000 ? 1 : (segment_ms + 999) / 1000;
}

}  // namespace sluice::package
