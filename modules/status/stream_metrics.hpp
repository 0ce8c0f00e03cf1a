#pragma once

#include "core/hub/zone.hpp"
#include "metrics_page.hpp"

namespace sluice::ngx {

/// The figures of each stream that is live, waiting or watched. Of more than kStreamsListed the
/// rest is only in the totals.
void add_stream_metrics(const hub::Zone& zone, MetricsPage& page);

/// A scrape stays below a megabyte or two, and what Prometheus has to keep stays bounded.
inline constexpr std::size_t kStreamsListed = 1000;

}  // namespace sluice::ngx
