#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace sluice::bench {

/// Durations in microseconds, all kept: percentiles are exact.
class Samples {
public:
    void add(std::int64_t us) { us_.push_back(static_cast<std::uint32_t>(us < 0 ? 0 : us)); }
    std::size_t count() const { return us_.size(); }

    /// The smallest sample that `percent` of all samples don't exceed (nearest rank); 0 without
    /// samples.
    std::uint32_t percentile(double percent) const;

    /// {"count", "p50", "p90", "p99", "max"} in milliseconds; null without samples.
    nlohmann::json summary_ms() const;

private:
    mutable std::vector<std::uint32_t> us_;  // order does not matter: percentile() sorts in part
};

}  // namespace sluice::bench
