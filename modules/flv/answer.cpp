#include "answer.hpp"

#include <string>

#include "modules/common/http_answer.hpp"

extern "C" {
#include <ngx_sha1.h>
}

namespace sluice::ngx {
namespace {

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3

std::string accept_value(std::string_view key)
{
    ngx_sha1_t sha;
    u_char digest[20];
    u_char encoded[ngx_base64_encoded_length(sizeof(digest))];
    ngx_sha1_init(&sha);
    ngx_sha1_update(&sha, key.data(), key.size());
    ngx_sha1_update(&sha, kAcceptGuid.data(), kAcceptGuid.size());
    ngx_sha1_final(digest, &sha);
    ngx_str_t from{sizeof(digest), digest};
    ngx_str_t to{sizeof(encoded), encoded};
    ngx_encode_base64(&to, &from);
    return {reinterpret_cast<char*>(encoded), to.len};
}

}  // namespace

bool wants_websocket(const ngx_http_request_t& r)
{
    return r.http_version == NGX_HTTP_VERSION_11 &&
           equal_ignoring_case(header_in(r, "upgrade"), "websocket");
}

ngx_int_t check_handshake(ngx_http_request_t& r)
{
    constexpr ngx_int_t kUpgradeRequired = 426;
    constexpr std::size_t kKeySize = 24;  // 16 bytes in base64
    if (r.method != NGX_HTTP_GET || header_in(r, "sec-websocket-key").size() != kKeySize)
        return NGX_HTTP_BAD_REQUEST;
    if (header_in(r, "sec-websocket-version") == "13") return NGX_OK;
    return add_header(r, "Sec-WebSocket-Version", "13") ? kUpgradeRequired
                                                        : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t send_stream_header(ngx_http_request_t& r, Transport transport)
{
    r.keepalive = 0;
    r.headers_out.content_length_n = -1;
    if (transport == Transport::websocket) {
        r.headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
        if (!add_header(r, "Upgrade", "websocket") ||
            !add_header(r, "Sec-WebSocket-Accept",
                        accept_value(header_in(r, "sec-websocket-key")))) {
            return NGX_ERROR;
        }
    } else {
        r.headers_out.status = NGX_HTTP_OK;
        ngx_str_set(&r.headers_out.content_type, "video/x-flv");
        r.headers_out.content_type_len = r.headers_out.content_type.len;
        if (!add_common_headers(r)) return NGX_ERROR;
    }
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;
    return ngx_http_send_special(&r, NGX_HTTP_FLUSH);
}

}  // namespace sluice::ngx
