#pragma once

#include <string>
#include <string_view>

namespace sluice::control::ffmpeg {

/// `text` as the value of a filter's option within a filter graph: every character stands for
/// itself.
std::string filter_text(std::string_view text);

}  // namespace sluice::control::ffmpeg
