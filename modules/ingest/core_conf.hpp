#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

// nginx-rtmp keeps its configuration in a global variable too. A reload that is refused leaves that
// pointing into memory that is free, and a worker that starts later would read it.

/// Puts the variable back should the configuration at hand be refused. Call in preconfiguration.
ngx_int_t guard_core_conf(ngx_conf_t& cf);

/// The configuration was taken. Call in init_module.
void core_conf_taken();

}  // namespace sluice::ngx
