#pragma once

#include "conf.hpp"
#include "core/hook/table.hpp"

namespace sluice::ngx {

/// What runs beside the streams of all workers: one mapping for this master and all its workers, of
/// every reload generation, as old as the hub.
const hook::Table& hook_table();

/// Makes it on the first call, in the master. Errors are logged.
bool make_hook_table(const ExecConf& conf, ngx_log_t& log);

}  // namespace sluice::ngx
