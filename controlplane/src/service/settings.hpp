#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "controlplane/src/result.hpp"

namespace sluice::control {

/// The structure of the installation: ports, workers, limits, certificate. One document, in force as a whole: a change is
/// rendered into nginx configuration, checked, switched to and confirmed before it is stored, or refused with the reason.
class Settings {
public:
    /// Everything but the private key. Never fails: what was in force last is kept in memory.
    nlohmann::json get() const;

    /// Merges `change` (RFC 7396) into the settings and puts the result in force; answers the new document.
    /// Errors: invalid (each wrong field named), precondition (`if_version` is not the current one), conflict (nginx
    /// could not take it, for instance a port in use; detail says why, the old settings stay in force).
    Result<nlohmann::json> patch(const nlohmann::json& change,
                                 std::optional<std::uint64_t> if_version = {});

    /// The whole document anew: fields that are absent get their defaults (the private key with its certificate).
    Result<nlohmann::json> replace(const nlohmann::json& document,
                                   std::optional<std::uint64_t> if_version = {});

    /// The last nginx generations, newest first: `{"items":[{"generation":7,"created_at":"…","state":"in_force", …}]}`.
    nlohmann::json generations() const;
};

}  // namespace sluice::control
