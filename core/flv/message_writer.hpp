#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "audio_message.hpp"
#include "video_message.hpp"

namespace sluice::flv {

/// What stands in front of a frame's bytes in its message.
class FrameHead {
public:
    FrameHead() = default;
    FrameHead(std::initializer_list<std::uint8_t> bytes);

    std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }

private:
    std::array<std::uint8_t, 8> bytes_{};
    std::uint8_t size_ = 0;
};

/// H.264 in the classic form, HEVC, AV1 and VP9 in that of Enhanced RTMP v2; empty for codecs none
/// and other. AV1 and VP9 have no composition time.
FrameHead video_frame_head(VideoCodec codec, bool key_frame, std::int32_t composition_ms);

/// AAC and MP3 in the classic form, the others in that of Enhanced RTMP v2; empty for codecs none
/// and other.
FrameHead audio_frame_head(AudioCodec codec);

/// The message that carries a decoder configuration; empty for codecs none, other and MP3, which
/// have none.
std::vector<std::uint8_t> video_config_message(VideoCodec codec,
                                               std::span<const std::uint8_t> config);
std::vector<std::uint8_t> audio_config_message(AudioCodec codec,
                                               std::span<const std::uint8_t> config);

}  // namespace sluice::flv
