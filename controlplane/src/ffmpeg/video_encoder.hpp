#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arguments.hpp"

namespace sluice::control::ffmpeg {

/// How a picture is to be coded.
struct VideoCoding {
    std::string encoder;                  ///< FFmpeg's name for it; empty: there is none
    std::string preset = "veryfast";      ///< one of x264's
    std::optional<std::uint32_t> kbps{};  ///< nothing: by quality
    std::optional<std::uint32_t>
        gop{};  ///< frames between key frames at most; nothing: the source's only
    std::size_t threads = 1;
};

/// Options of an output. Key frames lie where the source's lie; no frame waits for a later one.
Arguments video_encoder(const VideoCoding& wanted);

/// What a filter chain for this encoder ends with: `format=…`.
std::string last_filter(const std::string& encoder);

/// What has to stand before the first input; often nothing.
Arguments device_arguments(const std::string& encoder);

}  // namespace sluice::control::ffmpeg
