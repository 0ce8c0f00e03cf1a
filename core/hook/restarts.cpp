#include "restarts.hpp"

#include <algorithm>

namespace sluice::hook {
namespace {

constexpr std::int64_t kFirstMs = 1'000;
constexpr std::int64_t kLongestMs = 30'000;
constexpr std::int64_t kGivenUpMs = 60'000;
constexpr std::int64_t kRanWellMs = 30'000;
constexpr double kJitter = 0.25;

}  // namespace

std::int64_t Restarts::after_end(std::int64_t ran_ms, double random)
{
    failures_ = ran_ms >= kRanWellMs ? 1 : failures_ + 1;
    const auto doublings = std::min<std::uint32_t>(failures_ - 1, 5);
    const auto wait = given_up() ? kGivenUpMs : std::min(kFirstMs << doublings, kLongestMs);
    const auto factor = 1 + kJitter * (2 * random - 1);
    return static_cast<std::int64_t>(static_cast<double>(wait) * factor);
}

}  // namespace sluice::hook
