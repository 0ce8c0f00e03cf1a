#include "lane_writer.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/media/track.hpp"

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

/// What the lane has instead of a segment that only others began, or that nobody finished.
std::optional<SegmentEntry> LaneWriter::missed(std::uint64_t sequence) const
{
    constexpr std::int64_t kMicroseconds = 1'000'000;
    constexpr std::uint32_t kUnknownUs = 100'000;
    const auto& window = hold_->window();
    const auto& before = lane().at(lane().end - 1);
    auto period = before.period;
    auto us = kUnknownUs;
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        if (kind == lane_ || !window.of(kind).holds(sequence)) continue;
        const auto& there = window.of(kind).at(sequence);
        period = there.period;
        us = std::max(us, duration_us(window, kind, there));
    }
    const std::int64_t rate = timescale_of(window.period_at(period), lane_);
    if (rate == 0) return std::nullopt;
    const auto start = window.period_at(period).start * rate / media::kVideoTimescale;
    return SegmentEntry{.sequence = sequence,
                        .time = period == before.period ? before.time + before.duration : start,
                        .duration = us * rate / kMicroseconds,
                        .first_part = 0,
                        .parts = 0,
                        .bytes = 0,
                        .period = period,
                        .independent = true,
                        .complete = true,
                        .gap = true};
}

/// All lanes count alike: one that stayed behind when its publisher went away has gaps.
void LaneWriter::catch_up(std::uint64_t sequence)
{
    if (lane().empty() || sequence > lane().end + hold_->window().list_size) return;
    while (lane().end < sequence) {
        const auto entry = missed(lane().end);
        if (!entry) return;
        append_entry(*entry);
    }
}

void LaneWriter::append_entry(const SegmentEntry& entry)
{
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        lane.at(entry.sequence) = entry;
        lane.at(entry.sequence).first_part = lane.parts;
        lane.end = entry.sequence + 1;
        window.next_sequence = std::max(window.next_sequence, lane.end);
    });
}

void LaneWriter::push(const SegmentEntry& entry)
{
    catch_up(entry.sequence);
    // A lane that was away for a period has no numbers for it: it begins anew.
    if (lane().empty() || lane().end != entry.sequence) {
        remove_all();
        hold_->change([&](Window& window) {
            window.of(lane_).first = window.of(lane_).end = entry.sequence;
        });
    }
    append_entry(entry);
    remove_old();
}

void LaneWriter::begin(std::uint64_t sequence, std::int64_t time, bool independent)
{
    lost_ = !files_->open(lane_, sequence).has_value();
    failing_ = failing_ || lost_;
    open_ = true;
    push({.sequence = sequence,
          .time = time,
          .duration = 0,
          .first_part = 0,
          .parts = 0,
          .bytes = 0,
          .period = period_,
          .independent = independent,
          .complete = false,
          .gap = lost_});
}

void LaneWriter::note_failure()
{
    failing_ = lost_ = true;
    files_->close(lane_);
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        lane.at(lane.end - 1).gap = true;
    });
}

void LaneWriter::append_part(const PartFacts& facts, SegmentFiles::Pieces pieces)
{
    if (!open_) return;
    const bool written = !lost_ && files_->append(lane_, pieces).has_value();
    if (!written && !lost_) note_failure();
    if (written) failing_ = false;
    std::uint32_t bytes = 0;
    for (const auto& piece : pieces) bytes += static_cast<std::uint32_t>(piece.size());
    const auto& period = hold_->window().period_at(period_);
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        auto& segment = lane.at(lane.end - 1);
        segment.duration += static_cast<std::int64_t>(facts.duration);
        if (!written) return;
        lane.part[lane.parts % kMaxParts] = {
            .offset = segment.bytes,
            .bytes = bytes,
            .duration_us = static_cast<std::uint32_t>(facts.duration * 1'000'000 /
                                                      timescale_of(period, lane_)),
            .independent = facts.independent ? 1U : 0U};
        segment.bytes += bytes;
        ++lane.parts;
        ++segment.parts;
    });
}

void LaneWriter::append(std::int64_t duration, SegmentFiles::Pieces pieces)
{
    if (!open_) return;
    const bool written = !lost_ && files_->append(lane_, pieces).has_value();
    if (!written && !lost_) note_failure();
    if (written) failing_ = false;
    std::uint32_t bytes = 0;
    for (const auto& piece : pieces) bytes += static_cast<std::uint32_t>(piece.size());
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        auto& segment = lane.at(lane.end - 1);
        segment.duration = duration;
        if (written) segment.bytes += bytes;
    });
}

void LaneWriter::complete(std::int64_t duration)
{
    if (!open_) return;
    open_ = false;
    files_->close(lane_);
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        auto& segment = lane.at(lane.end - 1);
        if (duration >= 0) segment.duration = duration;
        segment.complete = true;
        const auto us = duration_us(window, lane_, segment);
        if (us == 0 || segment.gap) return;
        const auto bps = std::uint64_t{segment.bytes} * 8 * 1'000'000 / us;
        lane.peak_bps = std::max(lane.peak_bps, bps);
        lane.total_bytes += segment.bytes;
        lane.total_us += us;
    });
    const auto& whole = lane().at(lane().end - 1);
    completed_->push_back({lane_, whole.sequence, whole.gap});
    remove_old();
}

void LaneWriter::complete_before(std::int64_t time)
{
    if (!open_) return;
    const auto& segment = lane().at(lane().end - 1);
    const auto length = time - segment.time;
    // A hole of more than that is a hole, and no part of the segment.
    const auto tolerance = timescale_of(hold_->window().period_at(period_), lane_) / 2;
    const auto off = length - segment.duration;
    complete(std::abs(off) <= tolerance && length > 0 ? length : -1);
}

void LaneWriter::gap(std::uint64_t sequence, std::int64_t time, std::int64_t duration)
{
    push({.sequence = sequence,
          .time = time,
          .duration = duration,
          .first_part = 0,
          .parts = 0,
          .bytes = 0,
          .period = period_,
          .independent = true,
          .complete = true,
          .gap = true});
}

void LaneWriter::remove_all()
{
    while (!lane().empty()) remove_first(*hold_, *files_, lane_);
}

void LaneWriter::remove_old()
{
    const auto old = [&] {
        return lane().first + kKept < first_listed(hold_->window(), lane_) ||
               lane().end - lane().first >= kMaxSegments;
    };
    if (!old()) return;
    while (old()) remove_first(*hold_, *files_, lane_);
    remove_old_periods(*hold_, *files_);
}

}  // namespace sluice::package
