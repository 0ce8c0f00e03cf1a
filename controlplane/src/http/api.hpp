#pragma once

#include "message.hpp"
#include "request_counters.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// Runs one request through the router: gives it an id, times it, counts it, logs it.
Reply serve(const Router& router, RequestCounters& counters, Request request);

}  // namespace sluice::control::http
