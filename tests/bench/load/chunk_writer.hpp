#pragma once

#include <cstdint>

#include "flv_format.hpp"

namespace sluice::bench {

/// Message types that are not media (RTMP 1.0, 5.4 and 7.1).
namespace rtmp {
inline constexpr std::uint8_t kSetChunkSize = 1;
inline constexpr std::uint8_t kUserControl = 4;
inline constexpr std::uint8_t kData = 18;
inline constexpr std::uint8_t kCommand = 20;
}  // namespace rtmp

/// Appends one RTMP message in chunks of `chunk_size` (RTMP 1.0, 5.3.1): a full header, then
/// continuations.
void append_message(Bytes& out, std::size_t chunk_size, std::uint32_t chunk_stream,
                    std::uint8_t type, std::uint32_t stream_id, std::uint32_t timestamp_ms,
                    View body);

}  // namespace sluice::bench
