#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The process that keeps a clip whenever something moves; nothing where the channel wants none.
std::optional<channel::Hook> motion(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
