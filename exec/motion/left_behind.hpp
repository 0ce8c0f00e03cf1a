#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace sluice::motion {

/// How long a clip is that a killed program left; nothing when it has no frame.
std::optional<std::int64_t> duration_of_left_behind(const std::filesystem::path& path);

}  // namespace sluice::motion
