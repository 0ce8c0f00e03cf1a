#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace sluice::motion {

/// What the program is called with.
struct Options {
    int area = 0;        ///< percent of the picture that must change
    int difference = 0;  ///< grey levels by which a pixel must
    std::int64_t interval_ms = 0;
    std::int64_t max_ms = 0;  ///< of a clip, which holds what it was begun for in any case
    std::int64_t before_ms = 5000;
    std::filesystem::path folder;
    std::string ffmpeg;
};

/// The error names the option and what is wrong with it.
tl::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments);

}  // namespace sluice::motion
