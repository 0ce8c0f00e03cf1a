#include "lane_rate.hpp"

namespace sluice::package {

LaneRate rate_of(const Window& window, Lane kind)
{
    constexpr std::uint32_t kSecondUs = 1'000'000;
    const auto& lane = window.of(kind);
    if (lane.total_us != 0)
        return {lane.peak_bps, lane.total_bytes * 8 * kSecondUs / lane.total_us};
    if (lane.empty()) return {};
    const auto& open = lane.at(lane.end - 1);
    const auto us = duration_us(window, kind, open);
    const auto bps = us == 0 ? 0 : std::uint64_t{open.bytes} * 8 * kSecondUs / us;
    return {bps, bps};
}

}  // namespace sluice::package
