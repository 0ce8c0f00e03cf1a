#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The processes beside a channel's stream. `channel` is complete, as from_stored() makes it, and
/// its renditions are resolved, as with_renditions() does; a disabled one has them too: nginx
/// decides when they run.
std::vector<channel::Hook> hooks(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
