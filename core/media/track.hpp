#pragma once

#include <cstdint>
#include <vector>

#include "core/flv/audio_message.hpp"
#include "core/flv/video_message.hpp"

namespace sluice::media {

enum class Kind : std::uint8_t { video, audio };

/// Units per second of a video track's times.
inline constexpr std::uint32_t kVideoTimescale = 90'000;

/// What a muxer has to know of a track. Of `video` and `audio` one is none.
struct Track {
    Kind kind{};
    flv::VideoCodec video{};
    flv::AudioCodec audio{};
    std::vector<std::uint8_t> config;  ///< the decoder configuration as the encoder sent it
    std::uint32_t timescale = 0;       ///< kVideoTimescale, or the sampling rate of the audio
    std::uint32_t width = 0;           ///< luma samples
    std::uint32_t height = 0;
    std::uint16_t channels = 0;
};

}  // namespace sluice::media
