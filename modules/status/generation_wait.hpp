#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// `GET /-/generation`, and its waiting form `?snapshot=N&timeout_ms=T` (at most 5000): answers as
/// soon as every worker that is not exiting has snapshot N, at the latest after T.
ngx_int_t serve_generation(ngx_http_request_t& r);

}  // namespace sluice::ngx
