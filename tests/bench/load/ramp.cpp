#include "ramp.hpp"

namespace sluice::bench {

bool Ramp::start_next(std::int64_t now_us)
{
    if (next_us() > now_us) return false;
    ++started_;
    return true;
}

std::int64_t Ramp::next_us() const
{
    return all_started() ? kNever : due_us(started_);
}

std::int64_t Ramp::due_us(std::size_t number) const
{
    return began_us_ + static_cast<std::int64_t>(1e6 * static_cast<double>(number) / per_second_);
}

}  // namespace sluice::bench
