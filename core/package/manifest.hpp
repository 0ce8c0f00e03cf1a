#pragma once

#include <cstdint>
#include <optional>

#include "core/dash/manifest.hpp"
#include "window.hpp"

namespace sluice::package {

/// What the live window says to DASH players, for dash::render(). `ended`: no publisher will go on
/// with it; `now_ms`: wall clock. Nothing: not enough is there to begin with.
std::optional<dash::Manifest> manifest(const Window& window, bool ended, std::int64_t now_ms);

}  // namespace sluice::package
