#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/flv/packet_kind.hpp"

namespace sluice::flv {

enum class VideoCodec : std::uint8_t { none, avc, hevc, av1, vp9, other };

/// The header of an FLV video tag's body, which is also the payload of an RTMP video message.
struct VideoMessage {
    VideoCodec codec{};  ///< none for a player command
    PacketKind kind{};
    bool key_frame = false;           ///< only ever true for PacketKind::frame
    bool enhanced = false;            ///< ExVideoTagHeader (Enhanced RTMP v1, v2)
    std::int32_t composition_ms = 0;  ///< pts − dts, may be negative
    std::size_t body_offset = 0;  ///< where the codec's own bytes start, ≤ size of the message

    friend bool operator==(const VideoMessage&, const VideoMessage&) = default;
};

/// Reads the header of a video message; the first 32 bytes of a longer one are enough (unless ModEx
/// data, which nobody sends in that size, pushes the header out of them). Classic FLV (Adobe
/// FLV 10.1, E.4.3) and Enhanced RTMP v2 ("Enhanced Video"). Errc::truncated, malformed,
/// unsupported (more than one track, or a track other than 0).
Result<VideoMessage> parse_video_message(std::span<const std::uint8_t> message);

}  // namespace sluice::flv
