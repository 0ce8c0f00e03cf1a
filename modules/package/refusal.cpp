#include "refusal.hpp"

#include "modules/common/http_answer.hpp"

namespace sluice::ngx {

ngx_int_t refuse_viewer(ngx_http_request_t& r, auth::Reason reason, const std::string& detail)
{
    const auto why = to_string(reason);
    if (reason != auth::Reason::unpublished) {
        ngx_log_error(NGX_LOG_INFO, r.connection->log, 0, "sluice access: viewer refused: %*s",
                      why.size(), why.data());
    }
    return send_refusal(r, reason, detail);
}

ngx_int_t refuse_unknown(ngx_http_request_t& r)
{
    return send_problem(r, NGX_HTTP_NOT_FOUND, "there is no such segment, or it is gone", {});
}

ngx_int_t refuse_senseless(ngx_http_request_t& r, std::string_view detail)
{
    return send_problem(r, NGX_HTTP_BAD_REQUEST, detail, {});
}

}  // namespace sluice::ngx
