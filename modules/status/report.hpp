#pragma once

#include <string>
#include <string_view>

#include "reply.hpp"

namespace sluice::ngx {

/// `GET /-/streams`: every stream that is not idle or has viewers; with `id` only those of that
/// channel: its programme, its renditions, the input behind a mark.
Json report_streams(std::string_view id);

/// `GET /-/hooks`: every process beside a stream; with `id` only those of that channel.
Json report_hooks(std::string_view channel);

/// `GET /-/generation`.
Json report_generation();

/// Whether every worker that is not exiting has this snapshot, or a newer one.
bool snapshot_in_force(std::uint64_t generation);

/// `GET /-/metrics`: Prometheus text. Names, types and units are in docs/metrics.md.
std::string report_metrics();

/// The zone's boot number as it stands in event ids.
std::string boot_text();

}  // namespace sluice::ngx
