#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/auth/reason.hpp"
#include "ngx.hpp"

namespace sluice::ngx {

/// Adds a response header; the texts are copied. False when there is no memory.
bool add_header(ngx_http_request_t& r, std::string_view name, std::string_view value);

/// The same for texts that live for ever.
bool add_fixed_header(ngx_http_request_t& r, std::string_view name, std::string_view value);

/// A body that is this text and nothing more; it is shared, not copied.
ngx_chain_t* whole_text(ngx_http_request_t& r, const std::shared_ptr<const std::string>& text);

/// What every answer to a player has that must not be kept: anybody's page may read it.
bool add_common_headers(ngx_http_request_t& r);

/// The HTTP status of a refused viewer: the one place that decides it.
ngx_int_t status_of(auth::Reason reason);

/// Sends problem+json (RFC 9457): 400, 403, 404 or 503. `reason`: one word for programs, or empty.
ngx_int_t send_problem(ngx_http_request_t& r, ngx_int_t status, std::string_view detail,
                       std::string_view reason);

/// Sends a refusal as problem+json with the reason in words.
ngx_int_t send_refusal(ngx_http_request_t& r, auth::Reason reason, const std::string& detail = {});

/// The answer to a browser's CORS preflight.
ngx_int_t send_preflight(ngx_http_request_t& r);

bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Value of a request header that nginx has no field for; `name` in lower case. Empty when it
/// wasn't sent.
std::string_view header_in(const ngx_http_request_t& r, std::string_view name);

}  // namespace sluice::ngx
