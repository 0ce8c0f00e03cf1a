#pragma once

#include <functional>
#include <string>

#include "../service/channels.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// The items of a list of the older API. It has no pages of its own: a list that is longer than
/// `limit` names the rest in a header.
struct LegacyList {
    std::string items;  ///< JSON text: an array
    std::string link;   ///< value of the header Link; empty on the last page
};

/// Turns a channel into the item to show.
using LegacyShow = std::function<nlohmann::json(const nlohmann::json& channel)>;

/// What the request's `q`, `limit` and `cursor` choose among the channels `wanted` is true for.
Result<LegacyList> legacy_list(const Request& request, Channels& channels, const LegacyShow& show,
                               const Channels::Wanted& wanted = {});

}  // namespace sluice::control::http
