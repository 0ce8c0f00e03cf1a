#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../store/store.hpp"

namespace sluice::control {

/// What a caller may do: each scope includes the ones before it.
enum class Scope : std::uint8_t { viewer, operator_, admin };

inline constexpr std::array<std::string_view, 3> kScopeNames{"viewer", "operator", "admin"};

constexpr std::string_view to_string(Scope scope)
{
    return kScopeNames.at(static_cast<std::size_t>(scope));
}

/// Who is asking.
struct Caller {
    std::string id;  ///< of the token; "admin" for the installation's own
    Scope scope = Scope::viewer;
};

/// API tokens. Only a hash of a secret is stored; the secret itself is answered once.
class Tokens {
public:
    /// `admin_token` is the installation's own, with full rights.
    Tokens(store::Store& store, std::string admin_token);

    /// Errc::unauthorized for a secret that is unknown or has expired.
    Result<Caller> authenticate(std::string_view secret) const;

    /// Body: {name, scope, expires_at}. The answer holds the secret.
    Result<nlohmann::json> create(const nlohmann::json& body);

    /// At most `limit` tokens after `cursor`, in order of their ids: `{"items", "next_cursor"}`.
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;
    Result<nlohmann::json> get(std::string_view id) const;
    Result<void> remove(std::string_view id);

private:
    store::Store& store_;
    std::string admin_hash_;
};

}  // namespace sluice::control
