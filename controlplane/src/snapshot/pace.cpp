#include "pace.hpp"

#include <algorithm>

namespace sluice::control::snapshot {

void Pace::written(Clock::time_point began, Clock::time_point ended, std::uint64_t covered,
                   std::uint64_t waiting)
{
    expected_ = covered > 1 ? covered + waiting : 0;
    rest_until_ = ended + std::min<Clock::duration>(ended - began, kLongest);
}

Pace::Clock::time_point Pace::held_until(std::uint64_t waiting) const
{
    return waiting < expected_ ? rest_until_ : Clock::time_point::min();
}

}  // namespace sluice::control::snapshot
