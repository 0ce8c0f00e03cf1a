#pragma once

#include <cstdint>

#include "core/base/byte_reader.hpp"

namespace sluice::flv {

/// A FourCC as the big-endian number it is on the wire.
constexpr std::uint32_t four_cc(const char (&text)[5])
{
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[i]);
    return value;
}

/// The packet types that audio and video share (Enhanced RTMP v2).
inline constexpr std::uint8_t kExMultitrackVideo = 6;
inline constexpr std::uint8_t kExMultitrackAudio = 5;
inline constexpr std::uint8_t kExModEx = 7;

/// What follows the packet type: the real packet type and the codec.
struct ExHeader {
    std::uint8_t packet_type = 0;
    std::uint32_t codec = 0;  ///< FourCC
};

/// Passes over ModEx blocks; yields the packet type after them. Short input shows in `r.ok()`.
std::uint8_t skip_mod_ex(ByteReader& r, std::uint8_t packet_type);

/// Reads the FourCC, and the track fields if `packet_type` is `multitrack`. Errc::truncated,
/// malformed, unsupported (more than one track, or a track other than 0).
Result<ExHeader> read_ex_header(ByteReader& r, std::uint8_t packet_type, std::uint8_t multitrack);

}  // namespace sluice::flv
