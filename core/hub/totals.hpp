#pragma once

#include <array>
#include <cstdint>

#include "zone.hpp"

namespace sluice::hub {

/// What all streams together are and have done since the zone was made.
struct Totals {
    std::uint64_t live = 0, waiting = 0;  ///< streams
    std::uint64_t used = 0;               ///< streams that are live, waiting or watched
    std::array<std::uint64_t, kProtocols> viewers{};
    // These only rise, also when a record or a ring goes to another stream.
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::uint64_t skip_count = 0, skip_tags = 0, skip_ms = 0;
    std::uint64_t overruns = 0;
};

Totals totals_of(const Zone& zone);

/// Media bytes sent to the stream's viewers.
std::uint64_t bytes_out_of(const StreamRecord& stream);

}  // namespace sluice::hub
