#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The process that makes all renditions of a channel from one decoded picture; nothing where it
/// has none.
std::optional<channel::Hook> transcode(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
