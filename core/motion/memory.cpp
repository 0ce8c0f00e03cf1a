#include "memory.hpp"

namespace sluice::motion {

void Memory::add(const Unit& unit)
{
    const bool begins = unit.track == 0 && unit.sync;
    while (!groups_.empty() && full(unit.data.size())) drop_oldest();
    if (begins) groups_.push_back({.first = next_});
    if (groups_.empty()) return;
    auto& group = groups_.back();
    group.units.push_back({unit, group.bytes.size(), unit.data.size()});
    group.units.back().unit.data = {};
    group.bytes.insert(group.bytes.end(), unit.data.begin(), unit.data.end());
    bytes_ += unit.data.size();
    ++next_;
}

void Memory::forget_before(std::int64_t at_ms)
{
    while (groups_.size() > 1 && groups_[1].at_ms() <= at_ms) drop_oldest();
}

std::optional<std::uint64_t> Memory::key_before(std::int64_t at_ms) const
{
    std::optional<std::uint64_t> found;
    for (const auto& group : groups_) {
        if (found && group.at_ms() > at_ms) break;
        found = group.first;
    }
    return found;
}

Unit Memory::Group::unit(std::size_t i) const
{
    auto unit = units[i].unit;
    unit.data = std::span(bytes).subspan(units[i].offset, units[i].size);
    return unit;
}

void Memory::drop_oldest()
{
    bytes_ -= groups_.front().bytes.size();
    groups_.pop_front();
}

}  // namespace sluice::motion
