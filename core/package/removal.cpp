#include "removal.hpp"

#include <algorithm>

namespace sluice::package {

void remove_first(Hold& hold, const SegmentFiles& files, Lane kind)
{
    const auto& lane = hold.window().of(kind);
    const auto sequence = lane.first;
    const auto period = hold.window().period_at(lane.at(sequence).period).id;
    hold.change([&](Window& window) { ++window.of(kind).first; });
    files.remove_segment(period, kind, sequence);
}

void remove_old_periods(Hold& hold, const SegmentFiles& files)
{
    const auto& window = hold.window();
    if (window.end_period == window.first_period) return;
    auto needed = window.end_period - 1;
    for (const auto& lane : window.lane) {
        if (!lane.empty()) needed = std::min(needed, lane.at(lane.first).period);
    }
    while (window.first_period < needed) {
        const auto id = window.period_at(window.first_period).id;
        hold.change([](Window& changed) { ++changed.first_period; });
        files.remove_period(id);
    }
}

void make_room_for_period(Hold& hold, const SegmentFiles& files)
{
    const auto& window = hold.window();
    while (window.end_period - window.first_period >= kMaxPeriods - 1) {
        for (const auto lane : {Lane::video, Lane::audio, Lane::transport}) {
            const auto& of = window.of(lane);
            while (!of.empty() && of.at(of.first).period == window.first_period) {
                remove_first(hold, files, lane);
            }
        }
        const auto first = window.first_period;
        remove_old_periods(hold, files);
        if (window.first_period == first) return;
    }
}

}  // namespace sluice::package
