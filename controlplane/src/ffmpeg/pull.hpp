#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "context.hpp"
#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// The process that fetches the stream of `ingest.pull`; nothing where encoders push.
std::optional<channel::Hook> pull(const nlohmann::json& channel, const Context& context);

}  // namespace sluice::control::ffmpeg
