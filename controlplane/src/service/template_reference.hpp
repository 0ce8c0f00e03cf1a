#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../store/store.hpp"
#include "channel_change.hpp"

namespace sluice::control {

/// Whether the own templates that a channel begins to name are there. Errc::invalid names the
/// fields. Those that it named before are not asked for again; `made` come with the same
/// transaction. `before` may be null.
Result<void> check_templates(const store::Store& store, const nlohmann::json& before,
                             const nlohmann::json& after, const std::set<std::string>& made = {});

/// Makes the transaction of `changes` and that of a template's deletion exclude each other, where a
/// change begins to name it. `work` holds the templates that the same transaction puts.
/// Errc::precondition when one is gone already.
Result<void> hold_templates(const store::Store& store, const ChannelChanges& changes,
                            std::vector<store::Operation>& work);

/// The ids of the first `most` channels that name this template.
Result<std::vector<std::string>> channels_with_template(const store::Store& store,
                                                        const std::string& name, std::size_t most);

/// The settings of an own template as a rendition has them. A damaged one counts as absent.
std::optional<nlohmann::json> stored_template(const store::Store& store, const std::string& name);

}  // namespace sluice::control
