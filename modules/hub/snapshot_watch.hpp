#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Opens the snapshot in `dir` and follows it by inotify. A folder that isn't there yet is looked
/// for at each tick.
void watch_snapshots(ngx_cycle_t& cycle, const ngx_str_t& dir);
void stop_watching_snapshots();

/// Called at each tick: sees what inotify missed.
void check_snapshot();

}  // namespace sluice::ngx
