#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Answers with server-sent events from the hub's ring until the client goes or takes
/// nothing any more, outside the control socket for `sluice_status_lifetime` at most. Goes on after
/// the id in the argument `after` or the header Last-Event-ID.
ngx_int_t serve_events(ngx_http_request_t& r, bool control);

/// The ring has something new.
void events_posted();

/// Ends all streams of this worker: their readers go on in another one, after the last id they saw.
void end_event_streams();

}  // namespace sluice::ngx
