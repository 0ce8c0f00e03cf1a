#pragma once

#include <nlohmann/json.hpp>

#include "../service/channel_urls.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// Where the caller of `request` reaches this installation: the hosts of the settings, else the one
/// he asked.
PublicAddress address_of(const Request& request, const nlohmann::json& settings);

}  // namespace sluice::control::http
