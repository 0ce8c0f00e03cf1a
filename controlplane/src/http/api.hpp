#pragma once

#include "../metrics.hpp"
#include "message.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// Runs one request through the router: gives it an id, times it, counts it, logs it.
Reply serve(const Router& router, Metrics& metrics, Request request);

}  // namespace sluice::control::http
