#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The process that writes text and image onto the picture: what comes back is the programme.
/// Nothing where there is nothing to write. While its image is not there, the text alone is
/// written; without one the process fails, so that `on_failure` decides what viewers see.
std::optional<channel::Hook> mark(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
