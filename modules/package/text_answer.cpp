#include "text_answer.hpp"

#include "core/package/token_splice.hpp"
#include "modules/common/http_answer.hpp"

namespace sluice::ngx {
namespace {

constexpr std::string_view kHlsType = "application/vnd.apple.mpegurl";
constexpr std::string_view kDashType = "application/dash+xml";

ngx_int_t send_text(ngx_http_request_t& r, const std::string& text, std::string_view type)
{
    r.headers_out.status = NGX_HTTP_OK;
    r.headers_out.content_length_n = static_cast<off_t>(text.size());
    r.headers_out.content_type = {type.size(),
                                  reinterpret_cast<u_char*>(const_cast<char*>(type.data()))};
    r.headers_out.content_type_len = type.size();
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;
    auto* buf = ngx_create_temp_buf(r.pool, text.size());
    if (buf == nullptr) return NGX_ERROR;
    buf->last = ngx_cpymem(buf->last, text.data(), text.size());
    buf->last_buf = 1;
    ngx_chain_t out{.buf = buf, .next = nullptr};
    return ngx_http_output_filter(&r, &out);
}

}  // namespace

ngx_int_t send_playlist(ngx_http_request_t& r, const std::string& text, TextKind kind,
                        std::string_view token, const TextLife& life)
{
    const bool manifest = kind == TextKind::manifest;
    const std::string who = life.private_copy ? "private" : "public";
    const auto rule = who + ", max-age=" + std::to_string(life.seconds);
    if (!add_header(r, "Access-Control-Allow-Origin", "*") ||
        !add_header(r, "Cache-Control", rule)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const auto type = manifest ? kDashType : kHlsType;
    if (token.empty()) return send_text(r, text, type);
    return send_text(r,
                     manifest ? package::splice_into_manifest(text, token)
                              : package::splice_into_playlist(text, token),
                     type);
}

}  // namespace sluice::ngx
