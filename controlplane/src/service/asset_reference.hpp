#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../store/store.hpp"
#include "channel_change.hpp"

namespace sluice::control {

/// Whether the uploaded image that a channel begins to name is there. Errc::invalid names the
/// field. One that it named before is not asked for again. `before` may be null.
Result<void> check_asset(const store::Store& store, const nlohmann::json& before,
                         const nlohmann::json& after);

/// Makes the transaction of `changes` and that of an image's deletion exclude each other, where a
/// change begins to name it. Errc::precondition when it is gone already.
Result<void> hold_assets(const store::Store& store, const ChannelChanges& changes,
                         std::vector<store::Operation>& work);

/// The ids of the first channels that name this image, a hundred at most.
Result<std::vector<std::string>> channels_with_asset(const store::Store& store,
                                                     const std::string& id);

}  // namespace sluice::control
