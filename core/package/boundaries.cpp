#include "boundaries.hpp"

namespace sluice::package {

std::optional<Boundary> Boundaries::before(std::int64_t dts, std::uint32_t duration, bool key)
{
    const auto length = open_ ? dts - open_->time : 0;
    // Half a frame: a key frame every two seconds is one at the target, whatever rounding says.
    const bool full = length + duration / 2 >= durations_.target;
    const bool overlong = length + duration > durations_.longest;
    if (!due_ && !(full && key) && !overlong) return std::nullopt;
    due_ = false;
    open_ = Boundary{.sequence = next_++, .time = dts, .independent = key};
    return open_;
}

}  // namespace sluice::package
