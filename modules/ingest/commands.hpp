#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Hooks the module into nginx-rtmp's chains of commands and messages; called once for each
/// configuration.
ngx_int_t install_rtmp_hooks(ngx_conf_t& cf);

/// Registers with the hub's worker.
void start_ingest();

}  // namespace sluice::ngx
