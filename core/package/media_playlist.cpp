#include "media_playlist.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "segment_date.hpp"
#include "track_address.hpp"

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

/// Where the files of a lane's segments are, as seen from its playlist.
std::string folder_of(const Window& window, const Period& period, Lane lane)
{
    std::string folder;
    if (lane == Lane::transport)
        folder = track_folder(window.name_text(), track_name(period, lane)) + '/';
    return folder + std::to_string(period.id) + '/';
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
        const auto folder = folder_of(window_, period, kind_);
        const bool transport = kind_ == Lane::transport;
        return {.uri = folder + std::to_string(sequence) + (transport ? ".ts" : ".m4s"),
                .duration_us = std::min(duration_us(window_, kind_, entry), longest_us()),
                .wall_ms = date_ms(period, kind_, entry),
                .discontinuity = !first && lane_.at(sequence - 1).period != entry.period,
                .gap = entry.gap,
                .independent = entry.independent,
                .map = transport ? std::string() : folder + "init.mp4",
                .parts = {}};
    }

    void add_parts(hls::Segment& out, std::uint64_t sequence) const
    {
        const auto& entry = lane_.at(sequence);
        const auto name =
            folder_of(window_, period_of(entry), kind_) + std::to_string(sequence) + '.';
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
        playlist.preload_hint =
            folder_of(window_, period_of(newest), kind_) + next_part(newest) + ".m4s";
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
            .uri = "../" + track_of(window_.name_text(), other == Lane::audio ? "a" : "v") +
                   "/index.m3u8",
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

}  // namespace

std::optional<hls::MediaPlaylist> media_playlist(const Window& window, Lane lane, bool ended)
{
    return Lister(window, lane, ended).list();
}

}  // namespace sluice::package
