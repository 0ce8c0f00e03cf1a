#pragma once

#include <string_view>

#include "core/auth/reason.hpp"
#include "modules/common/ngx.hpp"
#include "viewer.hpp"

namespace sluice::ngx {

/// The HTTP status of a refused viewer: the one place that decides it.
ngx_int_t status_of(auth::Reason reason);

/// Sends a refusal as problem+json with the reason in words.
ngx_int_t send_refusal(ngx_http_request_t& r, auth::Reason reason, const std::string& detail = {});

/// Sends the header of a stream that begins: 200, or 101 for a WebSocket.
ngx_int_t send_stream_header(ngx_http_request_t& r, Transport transport);

/// The answer to a browser's CORS preflight.
ngx_int_t send_preflight(ngx_http_request_t& r);

/// Whether the request asks for a WebSocket (RFC 6455, 4.2.1).
bool wants_websocket(const ngx_http_request_t& r);

/// The status that answers a handshake that can't be: 400 without a key, 426 for another version
/// than 13. NGX_OK otherwise.
ngx_int_t check_handshake(ngx_http_request_t& r);

/// Value of a request header that nginx has no field for; `name` in lower case. Empty when it
/// wasn't sent.
std::string_view header_in(const ngx_http_request_t& r, std::string_view name);

}  // namespace sluice::ngx
