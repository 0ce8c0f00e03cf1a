#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../result.hpp"
#include "../store/store.hpp"
#include "caller.hpp"
#include "journal.hpp"

namespace sluice::control {

/// A change of one channel, worked out and checked but not committed yet.
struct ChannelChange {
    std::string id;
    nlohmann::json before;      ///< null: there was no such channel
    nlohmann::json after;       ///< null: there will be none
    std::uint64_t version = 0;  ///< the channel's now; 0: there is none
};

using ChannelChanges = std::vector<ChannelChange>;

/// The documents that follow, checked and complete. Errors: malformed and invalid, each wrong field
/// named.
Result<nlohmann::json> new_channel(const nlohmann::json& body);
/// RFC 7396.
Result<nlohmann::json> patched_channel(const nlohmann::json& current, const nlohmann::json& patch);
/// Absent fields get their defaults, absent secrets stay.
Result<nlohmann::json> replaced_channel(const nlohmann::json& current, const nlohmann::json& body);
/// With the key that is given, or a random one when it is null.
Result<nlohmann::json> rekeyed_channel(const nlohmann::json& current, const nlohmann::json& key);

/// What the older API makes, without another check: a new document, or the one after `current`.
nlohmann::json completed_channel(const nlohmann::json& body);
nlohmann::json next_channel(const nlohmann::json& next, const nlohmann::json& current);

/// The change that deletes a stored channel; one whose document can't be read as well.
ChannelChange removal(std::string_view id, const store::Entry& entry);

/// Adds what commits the change: its document, its entry in the audit log, its event.
void add_operations(const ChannelChange& change, const Caller& by, const Journal& journal,
                    std::vector<store::Operation>& work);

}  // namespace sluice::control
