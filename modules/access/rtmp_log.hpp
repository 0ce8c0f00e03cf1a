#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Keeps signatures out of the error log: nginx-rtmp logs the query of connect, publish and play at
/// level info. Call in postconfiguration, after nginx-rtmp has registered its commands.
void hide_queries_of_commands(ngx_conf_t& cf);

}  // namespace sluice::ngx
