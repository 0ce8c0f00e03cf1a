#pragma once

#include <optional>
#include <string>

#include "core/package/lane_writer.hpp"
#include "writer.hpp"

namespace sluice::archive {

/// What the archive needs of a segment that ended; nothing for MPEG-TS, for what was lost, and for
/// what has left the window already. `root`: where live windows lie.
std::optional<Kept> kept_of(const package::Window& window, const std::string& root,
                            const package::Completed& completed);

}  // namespace sluice::archive
