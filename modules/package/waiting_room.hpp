#pragma once

#include <cstdint>
#include <functional>

#include "core/hub/hub.hpp"
#include "core/package/reload.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Requests that wait for something new in a live window. A client that leaves takes its request
/// along; all are answered in the end, at the latest after the time they were given.

/// Called when there may be an answer: what to answer with, as a content handler would, or
/// NGX_AGAIN to go on waiting. `late`: the time is over, NGX_AGAIN is no answer then.
using TryAgain = std::function<ngx_int_t(ngx_http_request_t& r, bool late)>;

/// Lets the request wait, for `longest_ms` and half a second more at most. To be returned from a
/// content handler that found nothing to answer yet.
ngx_int_t wait_for_window(ngx_http_request_t& r, hub::StreamRecord& stream,
                          const package::Awaited& awaited, std::int64_t longest_ms, TryAgain again);

/// The stream's window changed, or its state.
void window_changed(const hub::StreamRecord& stream);

/// Twice a second: times run out, grants end, and a wake-up may have been lost with the process
/// that owed it.
void look_at_all_waiting(std::int64_t now_ms);

/// Requests that wait in this worker.
std::size_t waiting_requests();

}  // namespace sluice::ngx
