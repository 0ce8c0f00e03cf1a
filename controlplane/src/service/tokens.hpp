#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../store/store.hpp"
#include "caller.hpp"
#include "if_match.hpp"
#include "last_use.hpp"

namespace sluice::control {

/// API tokens. Only a hash of a secret is stored; the secret itself is answered once.
class Tokens {
public:
    /// `admin_token` is the installation's own, with full rights. Store and uses must outlive this.
    Tokens(store::Store& store, LastUse& uses, const std::string& admin_token);

    /// Errc::unauthorized for a secret that is unknown or has expired.
    Result<Caller> authenticate(std::string_view secret) const;

    /// Body: {name, scope, expires_at}. The answer holds the secret.
    Result<nlohmann::json> create(const Caller& by, const nlohmann::json& body);

    /// At most `limit` tokens after `cursor`, in order of their ids: `{"items", "next_cursor"}`.
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;
    Result<nlohmann::json> get(std::string_view id) const;

    /// Another name or end (RFC 7396); what it may do stays as it is. Errors: not_found, malformed,
    /// invalid, precondition.
    Result<nlohmann::json> patch(const Caller& by, std::string_view id,
                                 const nlohmann::json& change,
                                 const std::optional<IfMatch>& match = {});
    Result<void> remove(const Caller& by, std::string_view id,
                        const std::optional<IfMatch>& match = {});

private:
    Result<store::Entry> find(std::string_view id) const;
    Result<store::Entry> current(std::string_view id, const std::optional<IfMatch>& match) const;
    Result<nlohmann::json> shown(nlohmann::json token, std::uint64_t version) const;

    store::Store& store_;
    LastUse& uses_;
    std::string admin_hash_;
};

}  // namespace sluice::control
