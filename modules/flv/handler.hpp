#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Content handler of a location with `sluice_flv on`: `/<id>/live.flv`.
ngx_int_t serve_flv(ngx_http_request_t& r);

/// Registers with the hub's worker.
void start_flv();

}  // namespace sluice::ngx
