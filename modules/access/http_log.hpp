#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Keeps signatures and tokens out of the error log: what nginx adds to a line about an HTTP
/// request (request line, upstream, referrer) is written without query strings. Call in
/// init_module.
void hide_queries_of_requests(ngx_cycle_t& cycle);

}  // namespace sluice::ngx
