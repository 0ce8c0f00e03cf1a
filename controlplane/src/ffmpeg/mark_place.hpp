#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sluice::control::ffmpeg {

/// Where the top left corner of a mark lies, as expressions of a filter.
struct Place {
    std::string x;
    std::string y;
};

/// What a filter calls widths and heights of the picture and of the mark.
struct Extent {
    std::string width;
    std::string height;
    std::string mark_width;
    std::string mark_height;
};

/// `position`, and before it the distances from edges, of `watermark.text` or `watermark.image`. A
/// corner alone keeps 16 pixels from both edges.
Place place_of(const nlohmann::json& mark, const Extent& extent);

}  // namespace sluice::control::ffmpeg
