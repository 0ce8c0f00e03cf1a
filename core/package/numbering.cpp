#include "numbering.hpp"

#include <algorithm>

namespace sluice::package {
namespace {

constexpr std::int64_t kSince2025 = 1'735'689'600;

}  // namespace

std::uint64_t first_sequence(std::int64_t wall_ms)
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms / 1000 - kSince2025, 1));
}

std::uint32_t next_period(const Window& window)
{
    if (window.end_period == window.first_period) return window.end_period;
    const auto last = window.end_period - 1;
    const bool left = std::ranges::any_of(window.lane, [&](const LaneWindow& lane) {
        return !lane.empty() && lane.at(lane.end - 1).period == last;
    });
    return left ? window.end_period : last;
}

std::uint64_t next_segment(const Window& window, const Period& period,
                           std::initializer_list<Lane> lanes)
{
    std::uint64_t next = 0;
    for (const auto kind : lanes) {
        const auto& lane = window.of(kind);
        if (lane.empty() || lane.at(lane.end - 1).period + 1 != period.number) continue;
        next = std::max(next, lane.end);
    }
    return next != 0 ? next : period.id;
}

}  // namespace sluice::package
