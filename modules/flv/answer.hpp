#pragma once

#include "modules/common/ngx.hpp"
#include "viewer.hpp"

namespace sluice::ngx {

/// Sends the header of a stream that begins: 200, or 101 for a WebSocket.
ngx_int_t send_stream_header(ngx_http_request_t& r, Transport transport);

/// Whether the request asks for a WebSocket (RFC 6455, 4.2.1).
bool wants_websocket(const ngx_http_request_t& r);

/// The status that answers a handshake that can't be: 400 without a key, 426 for another version
/// than 13. NGX_OK otherwise.
ngx_int_t check_handshake(ngx_http_request_t& r);

}  // namespace sluice::ngx
