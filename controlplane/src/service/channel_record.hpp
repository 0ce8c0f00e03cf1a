#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/channel/channel.hpp"

namespace sluice::control {

/// The data-plane record of a channel: of the value under `channels/<id>` or of the document made
/// from it, both complete and valid because they come from the store.
channel::Channel to_record(const nlohmann::json& stored_channel);

}  // namespace sluice::control
