#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "context.hpp"

namespace sluice::control::ffmpeg {

/// The filter that writes `watermark.text`; nothing where it is off.
std::optional<std::string> text_mark(const nlohmann::json& text, const Fonts& fonts);

}  // namespace sluice::control::ffmpeg
