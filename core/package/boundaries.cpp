#include "boundaries.hpp"

namespace sluice::package {
namespace {

// Sound may come so much earlier than the picture that belongs to it.
constexpr std::int64_t kPatience = media::kVideoTimescale;

}  // namespace

Boundary Boundaries::begin(const Lead& unit)
{
    // Inside of a group another frame than the one that is decoded first is seen first.
    const auto delay = unit.key || !open_ ? unit.composition : open_->presentation - open_->time;
    open_ = Boundary{.sequence = next_++,
                     .time = unit.dts,
                     .presentation = unit.dts + delay,
                     .independent = unit.key};
    return *open_;
}

std::optional<Boundary> Boundaries::before(const Lead& unit)
{
    if (unit.key) {
        if (last_key_ >= 0) group_ = unit.dts - last_key_;
        last_key_ = unit.dts;
    }
    const auto length = open_ ? unit.dts - open_->time : 0;
    // Half a frame: a key frame every two seconds is one at the target, whatever rounding says.
    const bool full = length + unit.duration / 2 >= durations_.target;
    const bool last_chance = group_ > 0 && length + group_ > durations_.longest;
    // Groups that are longer than a segment may be are cut into even pieces, once they are known.
    const bool even = group_ > durations_.longest && full;
    const bool overlong = length + unit.duration > durations_.longest;
    const bool at_key = unit.key && length > 0 && (full || last_chance);
    if (open_ && !at_key && !even && !overlong) return std::nullopt;
    return begin(unit);
}

std::optional<Boundary> Boundaries::without_lead(std::int64_t time)
{
    if (!open_ || time - open_->time <= durations_.longest + kPatience) return std::nullopt;
    return begin({.dts = open_->time + durations_.target});
}

}  // namespace sluice::package
