#include "date_drift.hpp"

#include <cstdlib>

namespace sluice::package {
namespace {

constexpr std::int64_t kDriftMs = 500;
// A network that stalled and caught up is late at several boundaries, but not for long.
constexpr int kBoundaries = 3;
constexpr std::int64_t kForMs = 5000;

}  // namespace

bool DateDrift::astray(std::int64_t said_ms, const Arrival& now)
{
    const bool off = std::abs(now.wall_ms - said_ms) > kDriftMs;
    if (off && off_ == 0) off_since_ms_ = now.mono_ms;
    off_ = off ? off_ + 1 : 0;
    return off_ >= kBoundaries && now.mono_ms - off_since_ms_ >= kForMs;
}

}  // namespace sluice::package
