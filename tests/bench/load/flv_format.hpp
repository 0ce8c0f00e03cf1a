#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::bench {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

/// Types of FLV tags and of RTMP messages (FLV 10.1, E.4.1; RTMP 1.0, 7.1): the numbers are the
/// same.
enum class MediaType : std::uint8_t { audio = 8, video = 9, script = 18 };

inline constexpr std::size_t kFlvHeaderBytes = 13;  ///< with the first PreviousTagSize
inline constexpr std::size_t kTagHeaderBytes = 11;
inline constexpr std::size_t kTagTrailerBytes = 4;

/// Appends the FLV header for a stream with audio and video.
void append_flv_header(Bytes& out);

/// Appends one complete tag, its PreviousTagSize included.
void append_tag(Bytes& out, MediaType type, std::uint32_t timestamp_ms, View body);

/// True for an AVC key frame's coded pictures (not for the configuration that also has frame type
/// 1).
inline bool is_avc_key_frame(MediaType type, View body)
{
    return type == MediaType::video && body.size() >= 2 && body[0] == 0x17 && body[1] == 1;
}

}  // namespace sluice::bench
