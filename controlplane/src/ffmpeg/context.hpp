#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace sluice::control::ffmpeg {

/// Names of the encoders that are used for a codec; empty where FFmpeg has none.
struct Chosen {
    std::string h264 = "libx264";
    std::string h265 = "libx265";

    bool operator==(const Chosen&) const = default;
};

/// Fonts by their files; empty: FFmpeg asks fontconfig.
struct Fonts {
    std::string text;     ///< Latin and Chinese, Japanese, Korean
    std::string symbols;  ///< Latin and pictures, emoji among them
};

/// What hooks depend on besides their channel: this machine.
struct Context {
    std::string dir;                         ///< DIR, absolute
    std::string ffmpeg = "/usr/bin/ffmpeg";  ///< absolute
    std::string motion;                      ///< sluice-motion, absolute
    std::string version;                     ///< what FFmpeg says of itself
    Chosen encoders;
    Fonts fonts;
    /// The file of `watermark.image`; nothing when it is not there (yet).
    std::function<std::optional<std::string>(const nlohmann::json& image)> image;
};

/// Another text for every Context that makes other hooks; images apart.
std::string identity(const Context& context);

}  // namespace sluice::control::ffmpeg
