#pragma once

#include <string>

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// `POST /-/events`: appends an event to the hub's ring, or the events of an array in its order.
/// Each of an array is judged by itself: the answer counts those taken and names the others.
ngx_int_t post_events(ngx_http_request_t& r, const std::string& body);

}  // namespace sluice::ngx
