#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Content handler of a location with `sluice_status on`. Below `/-/` the whole control socket;
/// elsewhere only the events, for a location that an auth_request guards.
ngx_int_t serve_status(ngx_http_request_t& r);

/// Registers with the hub's worker.
void start_status();

}  // namespace sluice::ngx
