#include "window.hpp"

#include <algorithm>
#include <cstring>

#include "core/media/track.hpp"

namespace sluice::package {

std::uint32_t timescale_of(const Period& period, Lane lane)
{
    switch (lane) {
        case Lane::video:
            return period.video.timescale;
        case Lane::audio:
            return period.audio.timescale;
        case Lane::transport:
            break;
    }
    return media::kVideoTimescale;
}

const TrackFacts& facts_of(const Period& period, Lane lane)
{
    return lane == Lane::audio ? period.audio : period.video;
}

std::int64_t wall_ms_at(const Period& period, std::int64_t time)
{
    constexpr std::int64_t kTick = media::kVideoTimescale / 1000;
    return period.wall_ms + (time - period.start) / kTick;
}

std::uint32_t duration_us(const Window& window, Lane lane, const SegmentEntry& segment)
{
    constexpr std::int64_t kMicroseconds = 1'000'000;
    const auto timescale = timescale_of(window.period_at(segment.period), lane);
    if (timescale == 0 || segment.duration < 0) return 0;
    return static_cast<std::uint32_t>(segment.duration * kMicroseconds / timescale);
}

namespace {

bool fits_together(const Window& window, const LaneWindow& lane)
{
    if (lane.end < lane.first || lane.end - lane.first > kMaxSegments) return false;
    for (auto sequence = lane.first; sequence < lane.end; ++sequence) {
        const auto& segment = lane.at(sequence);
        const bool known =
            segment.period >= window.first_period && segment.period < window.end_period;
        if (segment.sequence != sequence || !known) return false;
        if (segment.first_part + segment.parts > lane.parts) return false;
    }
    return true;
}

void level(Window& window, Lane behind, Lane ahead)
{
    auto& lane = window.of(behind);
    const auto& other = window.of(ahead);
    while (!lane.empty() && lane.end - lane.first < kMaxSegments && other.holds(lane.end)) {
        const auto& there = other.at(lane.end);
        const auto& period = window.period_at(there.period);
        const std::int64_t from = timescale_of(period, ahead);
        const std::int64_t to = timescale_of(period, behind);
        if (from == 0 || to == 0) return;  // it has no such track
        lane.at(lane.end) = {.sequence = lane.end,
                             .time = there.time * to / from,
                             .duration = there.duration * to / from,
                             .first_part = lane.parts,
                             .parts = 0,
                             .bytes = 0,
                             .period = there.period,
                             .independent = true,
                             .complete = true,
                             .gap = true};
        ++lane.end;
    }
}

// What copy_used() takes for the scalars of a struct has to be before its rings, and all of it.
static_assert(offsetof(LaneWindow, part) ==
              offsetof(LaneWindow, segment) + sizeof(LaneWindow::segment));
static_assert(sizeof(LaneWindow) == offsetof(LaneWindow, part) + sizeof(LaneWindow::part));
static_assert(offsetof(Window, lane) == offsetof(Window, period) + sizeof(Window::period));
static_assert(sizeof(Window) == offsetof(Window, lane) + sizeof(Window::lane));

template <class Entry, std::size_t N>
void copy_ring(const Entry (&from)[N], Entry (&to)[N], std::uint64_t first, std::uint64_t end)
{
    const auto count = std::min<std::uint64_t>(end - first, N);
    const auto at = first % N;
    const auto ahead = std::min<std::uint64_t>(count, N - at);
    std::memcpy(to + at, from + at, ahead * sizeof(Entry));
    std::memcpy(to, from, (count - ahead) * sizeof(Entry));
}

/// The oldest part that a segment of the lane still has.
std::uint64_t first_part(const LaneWindow& lane)
{
    auto first = lane.parts;
    const auto segments = std::min<std::uint64_t>(lane.end - lane.first, kMaxSegments);
    for (std::uint64_t i = 0; i < segments; ++i) {
        first = std::min(first, lane.at(lane.first + i).first_part);
    }
    return std::max(first, lane.parts - std::min<std::uint64_t>(lane.parts, kMaxParts));
}

void copy_used(const LaneWindow& from, LaneWindow& to)
{
    std::memcpy(&to, &from, offsetof(LaneWindow, segment));
    copy_ring(from.segment, to.segment, to.first, to.end);
    copy_ring(from.part, to.part, first_part(to), to.parts);
}

}  // namespace

void copy_used(const Window& from, Window& to)
{
    std::memcpy(&to, &from, offsetof(Window, period));
    copy_ring(from.period, to.period, to.first_period, to.end_period);
    for (std::size_t i = 0; i < kLanes; ++i) copy_used(from.lane[i], to.lane[i]);
}

void level(Window& window)
{
    level(window, Lane::audio, Lane::video);
    level(window, Lane::video, Lane::audio);
}

void empty(Window& window)
{
    window.name_size = 0;
    window.run = 0;
    window.availability_start_ms = 0;
    window.next_sequence = 0;
    window.list_size = window.target_s = window.transport_target_s = 0;
    window.first_period = window.end_period = 0;
    window.hls = window.cmaf = false;
    for (auto& lane : window.lane) {
        lane.first = lane.end = lane.parts = 0;
        lane.peak_bps = lane.total_bytes = lane.total_us = 0;
    }
}

void mend(Window& window)
{
    if (window.name_size > hub::kMaxName || window.end_period < window.first_period ||
        window.end_period - window.first_period > kMaxPeriods) {
        return empty(window);
    }
    for (auto& lane : window.lane) {
        if (!fits_together(window, lane)) lane.first = lane.end = 0;
        if (lane.empty()) continue;
        auto& last = lane.at(lane.end - 1);
        if (last.complete || last.parts == 0) continue;
        const auto& part = lane.part_at(last.first_part + last.parts - 1);
        last.bytes = part.offset + part.bytes;
    }
}

std::uint64_t end_of_complete(const LaneWindow& lane)
{
    auto end = lane.end;
    while (end > lane.first && !lane.at(end - 1).complete) --end;
    return end;
}

const Period* find_period(const Window& window, std::uint64_t id)
{
    for (auto number = window.first_period; number < window.end_period; ++number) {
        if (window.period_at(number).id == id) return &window.period_at(number);
    }
    return nullptr;
}

std::uint64_t first_listed(const Window& window, Lane kind)
{
    constexpr std::uint64_t kTargets = 3;
    const auto& lane = window.of(kind);
    const auto target = kind == Lane::transport ? window.transport_target_s : window.target_s;
    const auto least_us = kTargets * target * 1'000'000ULL;
    std::uint64_t listed_us = 0;
    const auto end = end_of_complete(lane);
    auto first = end;
    while (first > lane.first && (end - first < window.list_size || listed_us < least_us)) {
        --first;
        listed_us += duration_us(window, kind, lane.at(first));
    }
    return first;
}

}  // namespace sluice::package
