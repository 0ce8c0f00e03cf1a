#pragma once

#include <span>

#include "modules/common/copying_sink.hpp"

namespace sluice::ngx {

/// The common case, one piece over plain TCP: one send() and nothing else.
Sent send_plain(ngx_connection_t& c, Bytes piece);

/// HTTP/1.1, plain or TLS: writes to the connection past nginx's filters. Plain bytes go out of the
/// ring as they lie; TLS copies them into its own buffer.
Sent send_raw(ngx_connection_t& c, std::span<const Bytes> pieces);

/// Whether everything that was taken has left for the kernel; tries to push it.
Sent flush_raw(ngx_http_request_t& r);

}  // namespace sluice::ngx
