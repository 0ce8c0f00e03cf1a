#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/channel/channel.hpp"

namespace sluice::control {

/// The data-plane record of a stored channel document (the value under `channels/<id>`).
/// The document must come from the store: it is complete and valid.
channel::Channel to_record(const nlohmann::json& stored_channel);

}  // namespace sluice::control
