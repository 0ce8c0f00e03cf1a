#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/flv/packet_kind.hpp"

namespace sluice::flv {

enum class AudioCodec : std::uint8_t { none, aac, mp3, opus, flac, ac3, other };

/// The header of an FLV audio tag's body, which is also the payload of an RTMP audio message.
struct AudioMessage {
    AudioCodec codec{};
    PacketKind kind{};
    bool enhanced = false;        ///< ExAudioTagHeader (Enhanced RTMP v2)
    std::size_t body_offset = 0;  ///< where the codec's own bytes start, ≤ size of the message

    friend bool operator==(const AudioMessage&, const AudioMessage&) = default;
};

/// Reads the header of an audio message; the first 32 bytes of a longer one are enough (see
/// parse_video_message). Classic FLV (Adobe FLV 10.1, E.4.2) and Enhanced RTMP v2 ("Enhanced
/// Audio"). Errc::truncated, malformed, unsupported (more than one track, or a track other than 0).
Result<AudioMessage> parse_audio_message(std::span<const std::uint8_t> message);

}  // namespace sluice::flv
