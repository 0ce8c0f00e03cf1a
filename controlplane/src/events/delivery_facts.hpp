#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace sluice::control::events {

/// Numbers for /metrics.
struct DeliveryFacts {
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> failed{0};  ///< attempts
    std::atomic<std::uint64_t> gave_up{0};
    std::atomic<std::uint64_t> lost{0};  ///< removed from the journal undelivered, at most
    /// Over all webhooks: events of the journal from the oldest that is not delivered to the
    /// newest.
    std::atomic<std::uint64_t> backlog{0};
    std::atomic<std::int64_t> oldest_ts_ms{0};  ///< of the oldest that waits; 0: none does
    std::atomic<std::uint64_t> in_flight{0};
};

/// Prometheus text; docs/metrics.md describes each name.
std::string metrics_of(const DeliveryFacts& facts, std::int64_t now_ms);

}  // namespace sluice::control::events
