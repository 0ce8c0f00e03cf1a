#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "../store/store.hpp"
#include "channel_change.hpp"

namespace sluice::control {

/// Whether all that a channel begins to name is there: its image, its templates. Errc::invalid
/// names the field. `before` may be null; `templates` are made in the same transaction.
Result<void> check_references(const store::Store& store, const nlohmann::json& before,
                              const nlohmann::json& after,
                              const std::set<std::string>& templates = {});

/// Keeps what `changes` begin to name from being deleted by a transaction beside theirs; `work`
/// holds what theirs makes for them. Errc::precondition when it is gone already.
Result<void> hold_references(const store::Store& store, const ChannelChanges& changes,
                             std::vector<store::Operation>& work);

}  // namespace sluice::control
