#include "text_answer.hpp"

#include "core/package/token_splice.hpp"
#include "modules/common/http_answer.hpp"

namespace sluice::ngx {
namespace {

constexpr std::string_view kHlsType = "application/vnd.apple.mpegurl";
constexpr std::string_view kDashType = "application/dash+xml";

ngx_int_t send_text(ngx_http_request_t& r, const SharedText& text, std::string_view type)
{
    auto* out = whole_text(r, text);
    if (out == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    r.headers_out.status = NGX_HTTP_OK;
    r.headers_out.content_length_n = static_cast<off_t>(text->size());
    r.headers_out.content_type = {type.size(),
                                  reinterpret_cast<u_char*>(const_cast<char*>(type.data()))};
    r.headers_out.content_type_len = type.size();
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;
    return ngx_http_output_filter(&r, out);
}

/// As the viewer has to get it, who signed with `token`.
SharedText spliced(const SharedText& text, TextKind kind, std::string_view token)
{
    if (token.empty()) return text;
    return share(kind == TextKind::manifest ? package::splice_into_manifest(*text, token)
                                            : package::splice_into_playlist(*text, token));
}

}  // namespace

ngx_int_t send_playlist(ngx_http_request_t& r, const SharedText& text, TextKind kind,
                        std::string_view token, const TextLife& life)
{
    const std::string who = life.private_copy ? "private" : "public";
    const auto rule = who + ", max-age=" + std::to_string(life.seconds);
    if (!add_fixed_header(r, "Access-Control-Allow-Origin", "*") ||
        !add_header(r, "Cache-Control", rule)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return send_text(r, spliced(text, kind, token),
                     kind == TextKind::manifest ? kDashType : kHlsType);
}

}  // namespace sluice::ngx
