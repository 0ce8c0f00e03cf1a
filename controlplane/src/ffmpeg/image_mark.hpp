#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "context.hpp"

namespace sluice::control::ffmpeg {

/// The filters that lay `watermark.image` over a picture; nothing where it is off or its file is
/// not there.
std::optional<std::string> image_mark(const nlohmann::json& image, const Context& context);

/// Filters that can't work, for an image that is wanted while its file is not there: whoever waits
/// for it must not see the picture without. Nothing where it is off.
std::optional<std::string> absent_image_mark(const nlohmann::json& image, const Context& context);

}  // namespace sluice::control::ffmpeg
