#include "playlists.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "core/media/track.hpp"
#include "packager.hpp"

namespace sluice::package {
namespace {

// Where parts are listed (RFC 8216bis, 4.4.4.9): in so many target durations from the end, and in
// so many whole segments, which is what parsers go by.
constexpr std::uint64_t kPartsShown = 3;
constexpr std::size_t kSegmentsWithParts = 2;
constexpr std::uint32_t kSecondUs = 1'000'000;

std::string_view track_name(const Period& period, Lane lane)
{
    if (lane == Lane::audio) return "a";
    const auto& video = lane == Lane::video ? period.video : period.transport_video;
    return video.timescale != 0 ? "v" : "a";
}

const TrackFacts& facts_of(const Period& period, Lane lane)
{
    return lane == Lane::audio ? period.audio : period.video;
}

/// Where the files of a lane's segments are, as seen from its playlist.
std::string folder_of(const Period& period, Lane lane)
{
    std::string folder;
    if (lane == Lane::transport) folder = "s/" + std::string(track_name(period, lane)) + '/';
    return folder + std::to_string(period.id) + '/';
}

std::int64_t wall_of(const Period& period, Lane lane, const SegmentEntry& segment)
{
    const std::int64_t timescale = timescale_of(period, lane);
    if (timescale == 0) return 0;
    return wall_ms_at(period, segment.time * media::kVideoTimescale / timescale);
}

/// Turns one lane into a playlist.
class Lister {
public:
    Lister(const Window& window, Lane kind, bool ended)
        : window_(window), kind_(kind), lane_(window.of(kind)), ended_(ended)
    {}

    std::optional<hls::MediaPlaylist> list()
    {
        const auto complete = end_of_complete(lane_);
        const bool rest = lane_.end > complete && lane_.at(complete).bytes > 0;
        const auto end = ended_ && rest ? lane_.end : complete;
        const auto first = first_listed(window_, kind_);
        hls::MediaPlaylist playlist{
            .target_duration_s = target_s(), .sequence = first, .ended = ended_};
        if (playlist.target_duration_s == 0) return std::nullopt;
        for (auto i = first; i < end; ++i) playlist.segments.push_back(segment(i, i == first));
        if (kind_ != Lane::transport) low_latency(playlist, end);
        if (playlist.segments.empty() && playlist.open.parts.empty()) return std::nullopt;
        const auto& oldest = lane_.at(first);
        playlist.discontinuity_sequence = oldest.period;
        return playlist;
    }

private:
    std::uint32_t target_s() const
    {
        return kind_ == Lane::transport ? window_.transport_target_s : window_.target_s;
    }

    /// Rounded, it is the target duration (4.4.3.1). One that became longer, because nothing was
    /// there to cut at, says no more.
    std::uint32_t longest_us() const { return target_s() * kSecondUs + kSecondUs / 2 - 1; }

    const Period& period_of(const SegmentEntry& segment) const
    {
        return window_.period_at(segment.period);
    }

    hls::Segment segment(std::uint64_t sequence, bool first) const
    {
        const auto& entry = lane_.at(sequence);
        const auto& period = period_of(entry);
        const auto folder = folder_of(period, kind_);
        const bool transport = kind_ == Lane::transport;
        return {.uri = folder + std::to_string(sequence) + (transport ? ".ts" : ".m4s"),
                .duration_us = std::min(duration_us(window_, kind_, entry), longest_us()),
                .wall_ms = wall_of(period, kind_, entry),
                .discontinuity = !first && lane_.at(sequence - 1).period != entry.period,
                .gap = entry.gap,
                .independent = entry.independent,
                .map = transport ? std::string() : folder + "init.mp4",
                .parts = {}};
    }

    void add_parts(hls::Segment& out, std::uint64_t sequence) const
    {
        const auto& entry = lane_.at(sequence);
        const auto name = folder_of(period_of(entry), kind_) + std::to_string(sequence) + '.';
        for (std::uint32_t i = 0; i < entry.parts; ++i) {
            if (!lane_.has_part(entry, i)) continue;
            const auto& part = lane_.part_at(entry.first_part + i);
            out.parts.push_back({.uri = name + std::to_string(i) + ".m4s",
                                 .duration_us = part.duration_us,
                                 .independent = part.independent != 0});
        }
    }

    void low_latency(hls::MediaPlaylist& playlist, std::uint64_t end) const
    {
        if (lane_.empty()) return;
        const auto& newest = lane_.at(lane_.end - 1);
        playlist.part_target_us = part_target();
        if (ended_) return;
        const auto shown = kPartsShown * window_.target_s * kSecondUs;
        // What is hinted at belongs to the end as well.
        std::uint64_t behind = playlist.part_target_us;
        if (end != lane_.end) behind += duration_us(window_, kind_, newest);
        const auto whole = playlist.segments.size();
        for (auto i = whole; i > 0 && whole - i < kSegmentsWithParts; --i) {
            auto& segment = playlist.segments[i - 1];
            behind += segment.duration_us;
            if (behind > shown) break;
            add_parts(segment, playlist.sequence + i - 1);
        }
        // While the publisher is away, too: hls.js takes what follows the last segment for a part
        // of it when there is no tag between, and gives up when that turns out to be a
        // discontinuity.
        report(playlist);
        if (end == lane_.end) return;
        playlist.open = segment(end, end == playlist.sequence);
        add_parts(playlist.open, end);
        playlist.preload_hint = folder_of(period_of(newest), kind_) + next_part(newest) + ".m4s";
    }

    /// A segment that is as long as the one before it is probably over.
    std::string next_part(const SegmentEntry& newest) const
    {
        const bool full = newest.sequence > lane_.first &&
                          newest.duration >= lane_.at(newest.sequence - 1).duration &&
                          lane_.at(newest.sequence - 1).period == newest.period;
        if (full) return std::to_string(newest.sequence + 1) + ".0";
        return std::to_string(newest.sequence) + '.' + std::to_string(newest.parts);
    }

    /// The longest of all that may be listed: it must hold for every part.
    std::uint32_t part_target() const
    {
        std::uint32_t longest = 0;
        for (auto i = lane_.first; i < lane_.end; ++i) {
            longest = std::max(longest, facts_of(period_of(lane_.at(i)), kind_).part_target_us);
        }
        return longest;
    }

    void report(hls::MediaPlaylist& playlist) const
    {
        const auto other = kind_ == Lane::video ? Lane::audio : Lane::video;
        const auto& lane = window_.of(other);
        if (lane.empty() || lane.at(lane.end - 1).period + 1 != window_.end_period) return;
        hls::RenditionReport report{
            .uri = other == Lane::audio ? "../a/index.m3u8" : "../v/index.m3u8",
            .last_sequence = lane.end - 1};
        const auto& newest = lane.at(lane.end - 1);
        if (newest.parts > 0) {
            report.last_part = newest.parts - 1;
        } else if (!newest.complete) {
            if (lane.end - 1 == lane.first) return;
            --report.last_sequence;
            const auto& before = lane.at(report.last_sequence);
            if (before.parts > 0) report.last_part = before.parts - 1;
        }
        playlist.reports.push_back(report);
    }

    const Window& window_;
    Lane kind_;
    const LaneWindow& lane_;
    bool ended_;
};

/// Frames per second as they are meant: ticks of 90 kHz can't say 24000/1001 exactly.
struct FrameRate {
    std::uint32_t frames = 0;
    std::uint32_t seconds = 1;

    double value() const { return static_cast<double>(frames) / seconds; }
    std::string text() const
    {
        if (frames == 0) return {};
        return seconds == 1 ? std::to_string(frames)
                            : std::to_string(frames) + '/' + std::to_string(seconds);
    }
};

FrameRate frame_rate(std::uint32_t frame)
{
    constexpr std::uint32_t kTelevision = 1001;
    if (frame == 0) return {};
    const auto whole = (media::kVideoTimescale + frame / 2) / frame;
    if (whole == 0) return {};  // one in many seconds: there is no rate to tell
    const auto television = media::kVideoTimescale * kTelevision / (whole * 1000);
    const auto plain = media::kVideoTimescale / whole;
    const auto off = [frame](std::uint32_t ticks) {
        return ticks > frame ? ticks - frame : frame - ticks;
    };
    if (off(television) < off(plain)) return {whole * 1000, kTelevision};
    return {whole, 1};
}

/// Bits per second of a lane: measured, of the open segment while there is no other.
LaneRate rate_of(const Window& window, Lane kind)
{
    const auto& lane = window.of(kind);
    if (lane.total_us != 0)
        return {lane.peak_bps, lane.total_bytes * 8 * kSecondUs / lane.total_us};
    if (lane.empty()) return {};
    const auto& open = lane.at(lane.end - 1);
    const auto us = duration_us(window, kind, open);
    const auto bps = us == 0 ? 0 : std::uint64_t{open.bytes} * 8 * kSecondUs / us;
    return {bps, bps};
}

std::string joined(std::string_view a, std::string_view b)
{
    if (a.empty() || b.empty()) return std::string(a.empty() ? b : a);
    return std::string(a) + ',' + std::string(b);
}

void describe(hls::Variant& variant, const TrackFacts& video)
{
    variant.width = video.width;
    variant.height = video.height;
    if (video.timescale != 0) variant.fps = frame_rate(video.frame).value();
}

bool all_independent(const Window& window, Lane kind)
{
    const auto& lane = window.of(kind);
    for (auto i = first_listed(window, kind); i < lane.end; ++i) {
        if (!lane.at(i).independent) return false;
    }
    return true;
}

std::optional<hls::Multivariant> over_cmaf(const Window& window, const Period& period)
{
    const bool video = period.video.timescale != 0;
    const auto lead = video ? Lane::video : Lane::audio;
    if (window.of(lead).empty()) return std::nullopt;
    auto playlist =
        multivariant_over(period.video, period.audio,
                          {{{rate_of(window, Lane::video), rate_of(window, Lane::audio)}}},
                          {"s/v/index.m3u8", "s/a/index.m3u8"});
    playlist.independent_segments = all_independent(window, lead);
    return playlist;
}

std::optional<hls::Multivariant> over_transport(const Window& window, const Period& period)
{
    if (window.transport_target_s == 0 || window.of(Lane::transport).empty()) return std::nullopt;
    const auto rate = rate_of(window, Lane::transport);
    hls::Multivariant playlist;
    hls::Variant variant{
        .uri = "live.m3u8",
        .peak_bps = std::max<std::uint64_t>(rate.peak, 1),
        .average_bps = rate.average,
        .codecs = joined(period.transport_video.codecs, period.transport_audio.codecs)};
    describe(variant, period.transport_video);
    playlist.independent_segments = all_independent(window, Lane::transport);
    playlist.variants.push_back(variant);
    return playlist;
}

/// One lane's segments of one period, as DASH tells of them.
std::optional<dash::Representation> representation(const Window& window, const Period& period,
                                                   Lane kind)
{
    const auto& facts = facts_of(period, kind);
    const auto& lane = window.of(kind);
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
    const auto first = first_listed(window, kind);
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
    if (r.timeline.empty()) return std::nullopt;
    return r;
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
    return wall_of(window.period_at(segment.period), kind, segment) +
           duration_us(window, kind, segment) / 1000;
}

}  // namespace

hls::Multivariant multivariant_over(const TrackFacts& video, const TrackFacts& audio,
                                    const LaneRates& rates, const std::array<std::string, 2>& uris)
{
    const bool picture = video.timescale != 0;
    const bool sound = audio.timescale != 0;
    const auto sum = [&](std::uint64_t LaneRate::*rate) {
        return (picture ? rates.of[0].*rate : 0) + (sound ? rates.of[1].*rate : 0);
    };
    hls::Multivariant playlist;
    hls::Variant variant{.uri = picture ? uris[0] : uris[1],
                         .peak_bps = std::max<std::uint64_t>(sum(&LaneRate::peak), 1),
                         .average_bps = sum(&LaneRate::average),
                         .codecs = joined(video.codecs, audio.codecs)};
    describe(variant, video);
    if (picture && sound) {
        variant.audio = "audio";
        playlist.audio.push_back(
            {.group = "audio", .name = "Audio", .uri = uris[1], .channels = audio.channels});
    }
    playlist.variants.push_back(variant);
    return playlist;
}

std::optional<hls::MediaPlaylist> media_playlist(const Window& window, Lane lane, bool ended)
{
    return Lister(window, lane, ended).list();
}

std::optional<hls::Multivariant> multivariant(const Window& window)
{
    if (window.end_period == window.first_period) return std::nullopt;
    const auto& period = window.period_at(window.end_period - 1);
    if (period.video.timescale != 0 || period.audio.timescale != 0)
        return over_cmaf(window, period);
    return over_transport(window, period);
}

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
        const auto& from = window.period_at(number);
        dash::Period period{
            .id = std::to_string(from.id),
            .start_ms = std::max<std::int64_t>(from.wall_ms - window.availability_start_ms, 0),
            .representations = {}};
        for (const auto lane : {Lane::video, Lane::audio}) {
            if (auto r = representation(window, from, lane))
                period.representations.push_back(std::move(*r));
        }
        const bool newest = number + 1 == window.end_period;
        // Both or nothing: a player takes the tracks that are there when it meets a period.
        const auto tracks =
            std::size_t{from.video.timescale != 0} + std::size_t{from.audio.timescale != 0};
        if (period.representations.empty() ||
            (newest && !ended && period.representations.size() < tracks))
            continue;
        manifest.periods.push_back(std::move(period));
    }
    if (manifest.periods.empty()) return std::nullopt;
    if (ended) {
        const auto end = std::max(end_ms(window, Lane::video), end_ms(window, Lane::audio));
        manifest.ended_ms = std::max<std::int64_t>(end - window.availability_start_ms, 0);
    }
    return manifest;
}

}  // namespace sluice::package
