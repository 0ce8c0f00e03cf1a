#pragma once

#include <array>

#include "core/hub/zone.hpp"
#include "metrics_page.hpp"

namespace sluice::ngx {

/// As label values, by hub::Protocol.
inline constexpr std::array<const char*, hub::kProtocols> kProtocolNames{"flv", "ws_flv", "rtmp"};

/// The figures of each stream that is not idle or has viewers. Of more than kStreamsListed the rest
/// is only in the totals.
void add_stream_metrics(const hub::Zone& zone, MetricsPage& page);

/// A scrape stays below a megabyte or two, and what Prometheus has to keep stays bounded.
inline constexpr std::size_t kStreamsListed = 1000;

}  // namespace sluice::ngx
