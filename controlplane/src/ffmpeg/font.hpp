#pragma once

#include <string>
#include <string_view>

#include "context.hpp"

namespace sluice::control::ffmpeg {

/// Those of the packages that Sluice installs, or others in their place, as they are on this
/// machine.
Fonts installed_fonts();

/// The one that has most of the characters: FFmpeg writes a text with one font. What it lacks is
/// shown as a box.
const std::string& font_for(std::string_view text, const Fonts& fonts);

}  // namespace sluice::control::ffmpeg
