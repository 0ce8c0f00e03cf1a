#include "http_answer.hpp"

#include <nlohmann/json.hpp>

#include "request_memory.hpp"

namespace sluice::ngx {
namespace {

std::string quoted(const std::string& text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// nginx has no type for text that it only reads.
ngx_str_t text_of(std::string_view text)
{
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

std::string_view title_of(ngx_int_t status)
{
    switch (status) {
        case NGX_HTTP_BAD_REQUEST:
            return "Bad Request";
        case NGX_HTTP_FORBIDDEN:
            return "Forbidden";
        case NGX_HTTP_NOT_FOUND:
            return "Not Found";
        default:
            return "Service Unavailable";
    }
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           ngx_strncasecmp(reinterpret_cast<u_char*>(const_cast<char*>(a.data())),
                           reinterpret_cast<u_char*>(const_cast<char*>(b.data())), a.size()) == 0;
}

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

bool add_header(ngx_http_request_t& r, std::string_view name, std::string_view value)
{
    auto* text = static_cast<char*>(ngx_pnalloc(r.pool, name.size() + value.size()));
    if (text == nullptr) return false;
    ngx_memcpy(text, name.data(), name.size());
    ngx_memcpy(text + name.size(), value.data(), value.size());
    return add_fixed_header(r, {text, name.size()}, {text + name.size(), value.size()});
}

bool add_fixed_header(ngx_http_request_t& r, std::string_view name, std::string_view value)
{
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r.headers_out.headers));
    if (header == nullptr) return false;
    header->hash = 1;
    header->key = text_of(name);
    header->value = text_of(value);
    return true;
}

ngx_chain_t* whole_text(ngx_http_request_t& r, const std::shared_ptr<const std::string>& text)
{
    keep_with(r, text);
    auto* buf = static_cast<ngx_buf_t*>(ngx_calloc_buf(r.pool));
    auto* link = ngx_alloc_chain_link(r.pool);
    if (buf == nullptr || link == nullptr) return nullptr;
    const auto bytes = text_of(*text);
    buf->start = buf->pos = bytes.data;
    buf->end = buf->last = bytes.data + bytes.len;
    buf->memory = 1;
    buf->last_buf = 1;
    buf->last_in_chain = 1;
    *link = {.buf = buf, .next = nullptr};
    return link;
}

/// Players run on other people's pages: everybody may read. Who may watch is decided by the
/// channel's rules.
bool add_common_headers(ngx_http_request_t& r)
{
    return add_fixed_header(r, "Access-Control-Allow-Origin", "*") &&
           add_fixed_header(r, "Cache-Control", "no-store");
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

ngx_int_t send_problem(ngx_http_request_t& r, ngx_int_t status, std::string_view detail,
                       std::string_view reason)
{
    auto body = "{\"title\":\"" + std::string(title_of(status)) +
                "\",\"status\":" + std::to_string(status) +
                ",\"detail\":" + quoted(std::string(detail));
    if (!reason.empty()) body.append(",\"reason\":\"").append(reason).append("\"");
    body += "}\n";
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

ngx_int_t send_refusal(ngx_http_request_t& r, auth::Reason reason, const std::string& detail)
{
    const auto why = reason == auth::Reason::unpublished ? "offline" : to_string(reason);
    const auto words = detail.empty() ? std::string(why) : detail;
    return send_problem(r, status_of(reason), "the stream can't be watched: " + words, why);
}

ngx_int_t send_preflight(ngx_http_request_t& r)
{
    r.headers_out.status = NGX_HTTP_NO_CONTENT;
    r.headers_out.content_length_n = 0;
    r.header_only = 1;
    if (!add_fixed_header(r, "Access-Control-Allow-Origin", "*") ||
        !add_fixed_header(r, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS") ||
        !add_fixed_header(r, "Access-Control-Allow-Headers", "Range") ||
        !add_fixed_header(r, "Access-Control-Max-Age", "86400")) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return ngx_http_send_header(&r);
}

}  // namespace sluice::ngx
