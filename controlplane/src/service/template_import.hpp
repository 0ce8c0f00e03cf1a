#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "../store/store.hpp"
#include "template_change.hpp"

namespace sluice::control {

/// What an import does with own templates. Those that its document does not name stay: other
/// channels may name them.
struct TemplatePlan {
    std::vector<TemplateChange> changes;
    std::set<std::string> made;  ///< names that are new
    std::size_t unchanged = 0;

    /// `{"create": [names], "update": [{"name", "changed": [paths]}], "unchanged"}`
    nlohmann::json shown() const;
};

/// Told of each part of the list that is wrong.
using WrongTemplate = std::function<void(const std::string& part, const Error& error)>;

/// Works out what brings the own templates to those of the list `wanted`, each put as a whole.
Result<TemplatePlan> plan_templates(const store::Store& store, const nlohmann::json& wanted,
                                    const WrongTemplate& wrong);

}  // namespace sluice::control
