#pragma once

#include <string>

#include "core/auth/reason.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Refuses a viewer, and notes why in the log.
ngx_int_t refuse_viewer(ngx_http_request_t& r, auth::Reason reason, const std::string& detail = {});

/// 404 for what is not, or no longer, in the live window.
ngx_int_t refuse_unknown(ngx_http_request_t& r);

/// 400 for a request that makes no sense.
ngx_int_t refuse_senseless(ngx_http_request_t& r, std::string_view detail);

}  // namespace sluice::ngx
