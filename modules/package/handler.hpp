#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Content handler of locations with `sluice_package_serve on`.
ngx_int_t serve_package(ngx_http_request_t& r);

/// Registers with the hub when a worker starts.
void start_package();

}  // namespace sluice::ngx
