#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// Hooks for people and tests, with their secrets: nothing that an answer of the API may hold.
nlohmann::ordered_json to_json(std::span<const channel::Hook> hooks);

}  // namespace sluice::control::ffmpeg
