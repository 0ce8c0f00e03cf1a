#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The process that keeps DIR/live/<id>/snapshot.jpg new; nothing where the channel wants none.
std::optional<channel::Hook> snapshot(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
