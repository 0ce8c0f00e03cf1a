#include "answer.hpp"

#include <nlohmann/json.hpp>
#include <string>

extern "C" {
#include <ngx_sha1.h>
}

namespace sluice::ngx {
namespace {

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3

bool add_header(ngx_http_request_t& r, std::string_view name, std::string_view value)
{
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r.headers_out.headers));
    auto* text = static_cast<u_char*>(ngx_pnalloc(r.pool, name.size() + value.size()));
    if (header == nullptr || text == nullptr) return false;
    header->hash = 1;
    header->key = {name.size(), text};
    header->value = {value.size(), text + name.size()};
    ngx_memcpy(text, name.data(), name.size());
    ngx_memcpy(text + name.size(), value.data(), value.size());
    return true;
}

/// Players run on other people's pages: everybody may read. Who may watch is decided by the
/// channel's rules.
bool add_common_headers(ngx_http_request_t& r)
{
    return add_header(r, "Access-Control-Allow-Origin", "*") &&
           add_header(r, "Cache-Control", "no-store");
}

std::string quoted(const std::string& text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

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

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           ngx_strncasecmp(reinterpret_cast<u_char*>(const_cast<char*>(a.data())),
                           reinterpret_cast<u_char*>(const_cast<char*>(b.data())), a.size()) == 0;
}

}  // namespace

std::string_view header_in(const ngx_http_request_t& r, std::string_view name)
{
    for (const auto* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
        const auto* headers = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (equal_ignoring_case(view(headers[i].key), name)) return view(headers[i].value);
        }
    }
    return {};
}

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

ngx_int_t status_of(auth::Reason reason)
{
    switch (reason) {
        case auth::Reason::bad_name:
        case auth::Reason::unknown_channel:
        case auth::Reason::output_disabled:
        case auth::Reason::unpublished:
            return NGX_HTTP_NOT_FOUND;
        case auth::Reason::viewer_limit:
        case auth::Reason::authorise_failed:
        case auth::Reason::hub_full:
            return NGX_HTTP_SERVICE_UNAVAILABLE;
        default:
            return NGX_HTTP_FORBIDDEN;
    }
}

ngx_int_t send_refusal(ngx_http_request_t& r, auth::Reason reason, const std::string& detail)
{
    const auto status = status_of(reason);
    const auto why = reason == auth::Reason::unpublished ? "offline" : to_string(reason);
    const auto words = detail.empty() ? std::string(why) : detail;
    const auto title = status == NGX_HTTP_NOT_FOUND   ? "Not Found"
                       : status == NGX_HTTP_FORBIDDEN ? "Forbidden"
                                                      : "Service Unavailable";
    const auto body = "{\"title\":\"" + std::string(title) +
                      "\",\"status\":" + std::to_string(status) +
                      ",\"detail\":" + quoted("the stream can't be watched: " + words) +
                      ",\"reason\":\"" + std::string(why) + "\"}\n";
    r.headers_out.status = static_cast<ngx_uint_t>(status);
    r.headers_out.content_length_n = static_cast<off_t>(body.size());
    ngx_str_set(&r.headers_out.content_type, "application/problem+json");
    r.headers_out.content_type_len = r.headers_out.content_type.len;
    if (!add_common_headers(r)) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;

    auto* buf = ngx_create_temp_buf(r.pool, body.size());
    if (buf == nullptr) return NGX_ERROR;
    buf->last = ngx_cpymem(buf->last, body.data(), body.size());
    buf->last_buf = 1;
    ngx_chain_t out{.buf = buf, .next = nullptr};
    return ngx_http_output_filter(&r, &out);
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

ngx_int_t send_preflight(ngx_http_request_t& r)
{
    r.headers_out.status = NGX_HTTP_NO_CONTENT;
    r.headers_out.content_length_n = 0;
    r.header_only = 1;
    if (!add_header(r, "Access-Control-Allow-Origin", "*") ||
        !add_header(r, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS") ||
        !add_header(r, "Access-Control-Allow-Headers", "Range") ||
        !add_header(r, "Access-Control-Max-Age", "86400")) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return ngx_http_send_header(&r);
}

}  // namespace sluice::ngx
