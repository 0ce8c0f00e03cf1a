#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "../store/store.hpp"
#include "caller.hpp"
#include "rule.hpp"

namespace sluice::control::audit {

/// One change of the configuration, for the audit log. A document in it:
///
///     {"number": 17, "at": "2026-01-31T08:15:00Z", "action": "channel.update", "target": "demo",
///      "by": {"kind": "token", "id": "…", "name": "…", "scope": "operator"}, "address":
///      "192.0.2.1", "before": {…}, "after": {…}}
///
/// `before` and `after` hold only what differs; `null` for what was not there. Of a document that
/// came or went, they hold what differs from the defaults. Secrets are shown as "(secret)".
struct Change {
    std::string action;          ///< `channel.update`
    std::string target;          ///< id of what was changed
    nlohmann::json before;       ///< the whole document, null when there was none
    nlohmann::json after;        ///< likewise
    const Rule* rule = nullptr;  ///< says which members are secret; nullptr: none
    /// What a document that came or went is compared with: all defaults. nullptr: it is kept whole.
    const nlohmann::json* defaults = nullptr;
};

/// To be put into the transaction that makes the change.
store::Operation entry(const Caller& by, const Change& change);

/// The members that differ, each with its path from the root: `{"ingest": {"auth": "open"}}`.
nlohmann::json difference(const nlohmann::json& from, const nlohmann::json& to);

/// The paths of the members that differ: `["ingest.auth", "name"]`.
std::vector<std::string> changed_fields(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace sluice::control::audit
