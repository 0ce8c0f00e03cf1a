#pragma once

#include <optional>
#include <string>

#include "../service/sessions.hpp"
#include "../service/tokens.hpp"
#include "message.hpp"

namespace sluice::control::http {

/// Who sent the request, by its `Authorization: Bearer` header or, without one, by the session
/// cookie. Errc::unauthorized for nobody; Errc::forbidden for a change that a page of another site
/// may have sent with the visitor's cookie.
Result<Caller> authenticate(const Tokens& tokens, const Sessions& sessions, const Request& request);

/// Refuses a request that a browser says comes from a page of another origin.
Result<void> refuse_other_origins(const Request& request);

/// The Set-Cookie header that hands a session out for `max_age_s`; with 0, the one that ends it.
std::string session_cookie(const Request& request, const std::string& secret,
                           std::int64_t max_age_s);

}  // namespace sluice::control::http
