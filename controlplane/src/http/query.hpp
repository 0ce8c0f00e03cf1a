#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "../service/clean_text.hpp"
#include "../service/rule.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// The parameters of a request that is no list, each one checked; an empty one counts as absent.
/// Errc::invalid names each wrong or unknown one.
inline Result<std::map<std::string, std::string>> query_of(const Request& request,
                                                           const std::vector<Field>& known)
{
    std::map<std::string, std::string> given;
    Findings findings;
    for (const auto& [name, value] : request.query) {
        const auto field = std::ranges::find(known, name, &Field::name);
        if (field == known.end()) {
            findings.add(clean_text(name, kShownName), "is not a known parameter");
        } else if (!value.empty()) {
            check(field->rule, value, name, findings);
            given[name] = value;
        }
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return given;
}

}  // namespace sluice::control::http
