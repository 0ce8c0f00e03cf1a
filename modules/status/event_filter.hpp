#pragma once

#include <optional>

#include "reply.hpp"

namespace sluice::ngx {

/// What an API token of the scope `viewer` gets of an event: of the life of channels, without
/// addresses; nothing of refused encoders or of the system.
std::optional<Json> shown_to_viewer(const Json& event);

}  // namespace sluice::ngx
