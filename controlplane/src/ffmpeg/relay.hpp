#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// A process for each enabled relay, `relay-1` for the first in the list and so on.
std::vector<channel::Hook> relays(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
