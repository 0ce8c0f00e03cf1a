#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../result.hpp"
#include "../store/store.hpp"
#include "caller.hpp"
#include "journal.hpp"
#include "rule.hpp"

namespace sluice::control {

/// Every field of a template. `controlplane/openapi.yaml` says the same; a test compares the two.
const Rule& transcode_template_rule();

/// A change of one own template, worked out and checked but not committed yet. Documents hold what
/// is stored: the fields of a rendition, `created_at` and `updated_at`.
struct TemplateChange {
    std::string name;
    nlohmann::json before;      ///< null: there was no such template
    nlohmann::json after;       ///< null: there will be none
    std::uint64_t version = 0;  ///< the template's now; 0: there is none
};

/// The documents that follow, checked and complete. Errors: malformed and invalid, each wrong field
/// named.
Result<nlohmann::json> new_template(const nlohmann::json& body);
/// Absent fields get their defaults.
Result<nlohmann::json> replaced_template(const nlohmann::json& current, const nlohmann::json& body);
/// RFC 7396.
Result<nlohmann::json> patched_template(const nlohmann::json& current, const nlohmann::json& patch);

/// The document of a stored entry.
Result<nlohmann::json> template_of(const store::Entry& entry);

/// Adds what commits the change: its document, its entry in the audit log, its event.
void add_operations(const TemplateChange& change, const Caller& by, const Journal& journal,
                    std::vector<store::Operation>& work);

}  // namespace sluice::control
