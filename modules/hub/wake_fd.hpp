#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Calls `wake` whenever the eventfd was written to. The descriptor stays the hub's.
bool listen_for_wakes(ngx_cycle_t& cycle, int fd, void (*wake)());
void stop_listening_for_wakes();

/// A connection object for a descriptor that is no socket, edge-triggered for reading; nullptr when
/// none is free.
ngx_connection_t* watch_descriptor(ngx_cycle_t& cycle, int fd, ngx_event_handler_pt handler);

/// Gives the object back; the descriptor stays open.
void unwatch_descriptor(ngx_connection_t* c);

}  // namespace sluice::ngx
