#include "lane_writer.hpp"

#include <algorithm>
#include <cstdlib>

#include "removal.hpp"

namespace sluice::package {

void LaneWriter::push(const SegmentEntry& entry)
{
    // A lane that was away for a period has no numbers for it: it begins anew.
    const bool follows = !lane().empty() && lane().end == entry.sequence &&
                         lane().at(lane().end - 1).period + 1 >= entry.period;
    if (!follows) remove_all();
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        if (!follows) lane.first = entry.sequence;
        lane.at(entry.sequence) = entry;
        lane.at(entry.sequence).first_part = lane.parts;
        lane.end = entry.sequence + 1;
        window.next_sequence = std::max(window.next_sequence, lane.end);
    });
}

void LaneWriter::begin(std::uint64_t sequence, std::int64_t time, bool independent)
{
    if (!hold_->current()) return;
    // First the file, which ends that of the segment before, then both steps at once: a reader in
    // between would find no part that comes next.
    const bool lost = !files_->open(lane_, sequence).has_value();
    hold_->together([&] {
        if (open_) end_segment(length_before(time));
        push({.sequence = sequence,
              .time = time,
              .duration = 0,
              .first_part = 0,
              .parts = 0,
              .bytes = 0,
              .period = period_,
              .independent = independent,
              .complete = false,
              .gap = lost});
    });
    lost_ = lost;
    failing_ = failing_ || lost_;
    open_ = true;
    remove_old();
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

/// Of a part. What it is longer than promised because clocks are followed is not told.
std::uint32_t LaneWriter::told_us(std::uint64_t duration) const
{
    const auto& period = hold_->window().period_at(period_);
    const auto& facts = lane_ == Lane::audio ? period.audio : period.video;
    const auto us = duration * 1'000'000 / timescale_of(period, lane_);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(us, facts.part_target_us));
}

void LaneWriter::append_part(const PartFacts& facts, SegmentFiles::Pieces pieces)
{
    if (!open_ || !hold_->current()) return;
    const bool written = !lost_ && files_->append(lane_, pieces).has_value();
    if (!written && !lost_) note_failure();
    if (written) failing_ = false;
    std::uint32_t bytes = 0;
    for (const auto& piece : pieces) bytes += static_cast<std::uint32_t>(piece.size());
    const auto duration = told_us(facts.duration);
    hold_->change([&](Window& window) {
        auto& lane = window.of(lane_);
        auto& segment = lane.at(lane.end - 1);
        segment.duration += static_cast<std::int64_t>(facts.duration);
        if (!written) return;
        lane.part[lane.parts % kMaxParts] = {.offset = segment.bytes,
                                             .bytes = bytes,
                                             .duration_us = duration,
                                             .independent = facts.independent ? 1U : 0U};
        segment.bytes += bytes;
        ++lane.parts;
        ++segment.parts;
    });
}

void LaneWriter::append(std::int64_t duration, SegmentFiles::Pieces pieces)
{
    if (!open_ || !hold_->current()) return;
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

void LaneWriter::end_segment(std::int64_t duration)
{
    open_ = false;
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
    const auto& ended = lane().at(lane().end - 1);
    completed_->push_back({lane_, ended.sequence, ended.gap});
}

void LaneWriter::complete(std::int64_t duration)
{
    if (!open_ || !hold_->current()) return;
    files_->close(lane_);
    end_segment(duration);
    remove_old();
}

/// How long the open segment is when the next begins at `time`; < 0: as long as its parts.
std::int64_t LaneWriter::length_before(std::int64_t time) const
{
    const auto& segment = lane().at(lane().end - 1);
    const auto length = time - segment.time;
    // A hole of more than that is a hole, and no part of the segment.
    const auto tolerance = timescale_of(hold_->window().period_at(period_), lane_) / 2;
    const auto off = length - segment.duration;
    return std::abs(off) <= tolerance && length > 0 ? length : -1;
}

void LaneWriter::gap(std::uint64_t sequence, std::int64_t time, std::int64_t duration)
{
    if (!hold_->current()) return;
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
    remove_old();
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
