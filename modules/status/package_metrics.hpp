#pragma once

#include "metrics_page.hpp"

namespace sluice::ngx {

/// Live windows and the archive: nothing where nothing is packaged.
void add_package_metrics(MetricsPage& page);

}  // namespace sluice::ngx
