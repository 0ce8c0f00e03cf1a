#include "manifest.hpp"

#include <algorithm>
#include <string>

#include "core/media/track.hpp"
#include "frame_rate.hpp"
#include "lane_rate.hpp"
#include "segment_date.hpp"

namespace sluice::package {
namespace {

/// The lane's segments of the period, runs of the same length in one.
void add_timeline(dash::Representation& r, const LaneWindow& lane, const Period& period,
                  std::uint64_t first)
{
    auto end = first;  // gaps behind the period's last segment are not told of
    for (auto i = first; i < end_of_complete(lane); ++i) {
        if (lane.at(i).period == period.number && !lane.at(i).gap) end = i + 1;
    }
    for (auto i = first; i < end; ++i) {
        const auto& segment = lane.at(i);
        if (segment.period != period.number) continue;
        if (r.timeline.empty()) r.start_number = i;
        r.independent = r.independent && (segment.independent || segment.gap);
        const auto time = static_cast<std::uint64_t>(segment.time);
        const auto duration = static_cast<std::uint64_t>(segment.duration);
        auto* last = r.timeline.empty() ? nullptr : &r.timeline.back();
        const bool same = last != nullptr && last->duration == duration &&
                          last->time + last->duration * last->count == time;
        if (same) {
            ++last->count;
        } else {
            r.timeline.push_back({.time = time, .duration = duration});
        }
    }
}

/// One lane's segments of one period, as DASH tells of them.
std::optional<dash::Representation> representation(const Window& window, const Period& period,
                                                   Lane kind)
{
    const auto& facts = facts_of(period, kind);
    if (facts.timescale == 0) return std::nullopt;
    const bool video = kind == Lane::video;
    const auto folder = "s/" + std::string(video ? "v/" : "a/") + std::to_string(period.id) + '/';
    dash::Representation r{
        .id = video ? "v" : "a",
        .video = video,
        .codecs = facts.codecs,
        .bandwidth_bps = std::max<std::uint64_t>(rate_of(window, kind).peak, 1),
        .timescale = facts.timescale,
        .width = facts.width,
        .height = facts.height,
        .frame_rate = video ? frame_rate(facts.frame).text() : std::string(),
        .sample_rate = facts.sample_rate,
        .channels = facts.channels,
        .initialization = folder + "init.mp4",
        .media = folder + "$Number$.m4s",
        .time_offset = static_cast<std::uint64_t>(period.start * std::int64_t{facts.timescale} /
                                                  media::kVideoTimescale),
        .timeline = {}};
    add_timeline(r, window.of(kind), period, first_listed(window, kind));
    if (r.timeline.empty()) return std::nullopt;
    return r;
}

std::optional<dash::Period> period(const Window& window, std::uint32_t number, bool ended)
{
    const auto& from = window.period_at(number);
    dash::Period out{
        .id = std::to_string(from.id),
        .start_ms = std::max<std::int64_t>(from.wall_ms - window.availability_start_ms, 0),
        .representations = {}};
    for (const auto lane : {Lane::video, Lane::audio}) {
        if (auto r = representation(window, from, lane))
            out.representations.push_back(std::move(*r));
    }
    if (out.representations.empty()) return std::nullopt;
    // Both or nothing: a player takes the tracks that are there when it meets a period.
    const bool newest = number + 1 == window.end_period;
    const auto tracks =
        std::size_t{from.video.timescale != 0} + std::size_t{from.audio.timescale != 0};
    if (newest && !ended && out.representations.size() < tracks) return std::nullopt;
    return out;
}

std::int64_t listed_ms(const Window& window, Lane kind)
{
    std::int64_t us = 0;
    for (auto i = first_listed(window, kind); i < end_of_complete(window.of(kind)); ++i) {
        us += duration_us(window, kind, window.of(kind).at(i));
    }
    return us / 1000;
}

/// The same from the first segment on: a player that began when there was little to go back to
/// would stay closer to the edge than it should, for good.
std::int64_t depth_ms(const Window& window)
{
    const auto told = std::int64_t{window.list_size} * window.target_s * 1000;
    return std::max({told, listed_ms(window, Lane::video), listed_ms(window, Lane::audio)});
}

/// When a lane's newest complete segment ends, wall clock; 0: there is none.
std::int64_t end_ms(const Window& window, Lane kind)
{
    const auto& lane = window.of(kind);
    const auto end = end_of_complete(lane);
    if (end == lane.first) return 0;
    const auto& segment = lane.at(end - 1);
    return date_ms(window.period_at(segment.period), kind, segment) +
           duration_us(window, kind, segment) / 1000;
}

}  // namespace

std::optional<dash::Manifest> manifest(const Window& window, bool ended, std::int64_t now_ms)
{
    constexpr std::int64_t kDelayTargets = 2;
    const std::int64_t target_ms = std::int64_t{window.target_s} * 1000;
    dash::Manifest manifest{.availability_start_ms = window.availability_start_ms,
                            .publish_ms = now_ms,
                            .update_ms = std::max<std::int64_t>(target_ms / 2, 500),
                            .depth_ms = depth_ms(window),
                            .delay_ms = kDelayTargets * target_ms,
                            .segment_ms = target_ms,
                            .clock_ms = now_ms,
                            .ended_ms = std::nullopt,
                            .periods = {}};
    for (auto number = window.first_period; number < window.end_period; ++number) {
        if (auto one = period(window, number, ended)) manifest.periods.push_back(std::move(*one));
    }
    if (manifest.periods.empty()) return std::nullopt;
    if (ended) {
        const auto end = std::max(end_ms(window, Lane::video), end_ms(window, Lane::audio));
        manifest.ended_ms = std::max<std::int64_t>(end - window.availability_start_ms, 0);
    }
    return manifest;
}

}  // namespace sluice::package
