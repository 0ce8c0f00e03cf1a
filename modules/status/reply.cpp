#include "reply.hpp"

#include "core/auth/query.hpp"

namespace sluice::ngx {

ngx_int_t send_text(ngx_http_request_t& r, ngx_uint_t status, std::string_view type,
                    const std::string& text)
{
    r.headers_out.status = status;
    r.headers_out.content_length_n = static_cast<off_t>(text.size());
    r.headers_out.content_type = {type.size(),
                                  reinterpret_cast<u_char*>(const_cast<char*>(type.data()))};
    r.headers_out.content_type_len = type.size();
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;
    auto* buf = ngx_create_temp_buf(r.pool, std::max<std::size_t>(text.size(), 1));
    if (buf == nullptr) return NGX_ERROR;
    buf->last = ngx_cpymem(buf->last, text.data(), text.size());
    buf->last_buf = 1;
    ngx_chain_t out{.buf = buf, .next = nullptr};
    return ngx_http_output_filter(&r, &out);
}

ngx_int_t send_json(ngx_http_request_t& r, ngx_uint_t status, const Json& json)
{
    return send_text(r, status, "application/json",
                     json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

ngx_int_t send_problem(ngx_http_request_t& r, ngx_uint_t status, std::string_view detail)
{
    const Json json{{"title", "control socket"}, {"status", status}, {"detail", detail}};
    return send_text(r, status, "application/problem+json",
                     json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string_view argument(const ngx_http_request_t& r, std::string_view name)
{
    return auth::find_parameter(view(r.args), name).value_or(std::string_view{});
}

}  // namespace sluice::ngx
