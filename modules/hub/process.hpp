#pragma once

#include "conf.hpp"

namespace sluice::ngx {

/// Joins the hub when a worker starts: slot, eventfd, snapshot watch, tick. NGX_ERROR ends the
/// worker.
ngx_int_t start_worker(ngx_cycle_t& cycle, const HubConf& conf);

/// Gives the slot back when a worker ends.
void stop_worker();

/// Tells the listeners that channels() is another one now.
void notify_snapshot_changed();

}  // namespace sluice::ngx
