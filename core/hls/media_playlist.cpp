#include "media_playlist.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "core/base/date_time.hpp"

namespace sluice::hls {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
// What a playlist needs: 3 for fractions, 6 for EXT-X-MAP, 8 for EXT-X-GAP, 9 for EXT-X-SKIP (8.).
constexpr int kVersionTs = 3;
constexpr int kVersionMap = 6;
constexpr int kVersionGap = 8;
constexpr int kVersionSkip = 9;
// 4.4.3.8: at least six target durations stay; holding back three target durations and three parts.
constexpr std::int64_t kSkipTargets = 6;
constexpr std::int64_t kHoldTargets = 3;
constexpr std::int64_t kHoldParts = 3;

std::string seconds(std::int64_t us)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%06lld", static_cast<long long>(us / kSecondUs),
                  static_cast<long long>(us % kSecondUs));
    return text.data();
}

bool low_latency(const MediaPlaylist& playlist)
{
    return playlist.part_target_us != 0;
}

/// How many of the first segments a delta update leaves out.
std::size_t skippable(const MediaPlaylist& playlist)
{
    const auto stay =
        static_cast<std::int64_t>(playlist.target_duration_s) * kSkipTargets * kSecondUs;
    std::int64_t behind = 0;
    for (const auto& part : playlist.open.parts) behind += part.duration_us;
    auto first_that_stays = playlist.segments.size();
    while (first_that_stays > 0 && behind < stay) {
        behind += playlist.segments[--first_that_stays].duration_us;
    }
    return first_that_stays;
}

class Writer {
public:
    explicit Writer(const MediaPlaylist& playlist) : playlist_(playlist) {}

    std::string write(std::size_t skipped)
    {
        head();
        if (skipped > 0) line("#EXT-X-SKIP:SKIPPED-SEGMENTS=" + std::to_string(skipped));
        // What the client has of the skipped ones holds on.
        if (skipped > 0) map_ = playlist_.segments[skipped - 1].map;
        for (auto i = skipped; i < playlist_.segments.size(); ++i) {
            segment(playlist_.segments[i], i == skipped);
        }
        tail();
        return std::move(text_);
    }

private:
    void line(std::string_view text)
    {
        text_ += text;
        text_ += '\n';
    }

    int version() const
    {
        if (low_latency(playlist_)) return kVersionSkip;
        if (std::ranges::any_of(playlist_.segments, &Segment::gap)) return kVersionGap;
        const bool mapped = std::ranges::any_of(playlist_.segments,
                                                [](const Segment& s) { return !s.map.empty(); });
        return mapped ? kVersionMap : kVersionTs;
    }

    void head()
    {
        const auto& p = playlist_;
        line("#EXTM3U");
        line("#EXT-X-VERSION:" + std::to_string(version()));
        line("#EXT-X-TARGETDURATION:" + std::to_string(p.target_duration_s));
        if (low_latency(p)) {
            line("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=" +
                 seconds(kSkipTargets * p.target_duration_s * kSecondUs) +
                 ",HOLD-BACK=" + seconds(kHoldTargets * p.target_duration_s * kSecondUs) +
                 ",PART-HOLD-BACK=" + seconds(kHoldParts * std::int64_t{p.part_target_us}));
            line("#EXT-X-PART-INF:PART-TARGET=" + seconds(p.part_target_us));
        }
        line("#EXT-X-MEDIA-SEQUENCE:" + std::to_string(p.sequence));
        if (p.discontinuity_sequence != 0) {
            line("#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string(p.discontinuity_sequence));
        }
        if (std::ranges::all_of(p.segments, [](const Segment& s) { return s.independent; })) {
            line("#EXT-X-INDEPENDENT-SEGMENTS");
        }
    }

    static std::string map_range(const Segment& segment)
    {
        if (segment.map_bytes == 0) return {};
        return ",BYTERANGE=\"" + std::to_string(segment.map_bytes) + "@0\"";
    }

    /// What stands before the parts and the URI of a segment.
    void segment_head(const Segment& segment, bool first)
    {
        if (segment.discontinuity) line("#EXT-X-DISCONTINUITY");
        if (segment.map != map_ && !segment.map.empty()) {
            line("#EXT-X-MAP:URI=\"" + segment.map + '"' + map_range(segment));
            map_ = segment.map;
        }
        if (segment.wall_ms != 0 && (first || segment.discontinuity)) {
            line("#EXT-X-PROGRAM-DATE-TIME:" + utc_date_time(segment.wall_ms));
        }
    }

    void part(const Part& part)
    {
        text_ += "#EXT-X-PART:DURATION=" + seconds(part.duration_us) + ",URI=\"" + part.uri + '"';
        if (part.independent) text_ += ",INDEPENDENT=YES";
        if (part.gap) text_ += ",GAP=YES";
        text_ += '\n';
    }

    void segment(const Segment& segment, bool first)
    {
        segment_head(segment, first);
        for (const auto& one : segment.parts) part(one);
        if (segment.gap) line("#EXT-X-GAP");
        line("#EXTINF:" + seconds(segment.duration_us) + ",");
        if (segment.range) {
            line("#EXT-X-BYTERANGE:" + std::to_string(segment.range->bytes) + '@' +
                 std::to_string(segment.range->offset));
        }
        line(segment.uri);
    }

    void tail()
    {
        const auto& p = playlist_;
        if (p.ended) return line("#EXT-X-ENDLIST");
        if (!p.open.parts.empty()) {
            segment_head(p.open, p.segments.empty());
            for (const auto& one : p.open.parts) part(one);
        }
        if (!p.preload_hint.empty()) {
            line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" + p.preload_hint + "\"");
        }
        for (const auto& report : p.reports) {
            text_ += "#EXT-X-RENDITION-REPORT:URI=\"" + report.uri +
                     "\",LAST-MSN=" + std::to_string(report.last_sequence);
            if (report.last_part) text_ += ",LAST-PART=" + std::to_string(*report.last_part);
            text_ += '\n';
        }
    }

    const MediaPlaylist& playlist_;
    std::string text_;
    std::string map_;
};

}  // namespace

std::string render(const MediaPlaylist& playlist)
{
    return Writer(playlist).write(0);
}

std::string render_delta(const MediaPlaylist& playlist)
{
    return Writer(playlist).write(low_latency(playlist) ? skippable(playlist) : 0);
}

}  // namespace sluice::hls
