#pragma once

#include "metrics_page.hpp"

namespace sluice::ngx {

/// What runs beside streams, and what of the budget it takes.
void add_hook_metrics(MetricsPage& page);

}  // namespace sluice::ngx
