#include "reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/package/multivariant.hpp"
#include "files.hpp"

namespace sluice::archive {
namespace {

constexpr std::size_t kAtOnce = 4096;  // records

bool in_window(const SegmentRecord& segment, std::int64_t oldest_ms)
{
    return segment.wall_ms + segment.duration_us / 1000 >= oldest_ms;
}

}  // namespace

/// It was written anew: what was old has been removed.
void Reader::forget()
{
    periods_.clear();
    init_bytes_.clear();
    for (auto& track : tracks_) track.clear();
    read_ = 0;
}

void Reader::take(const Record& record)
{
    if (record.sum != sum_of(record)) return;
    if (record.kind == Kind::period) {
        periods_[record.period.id] = record.period;
    } else if (record.kind == Kind::segment && record.segment.lane < kTracks) {
        tracks_[record.segment.lane].push_back(record.segment);
    }
}

bool Reader::look()
{
    const int fd = ::open(index_path(folder_).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd == -1) return false;
    Header now{};
    const bool good = ::pread(fd, &now, sizeof(now), 0) == ssize_t{sizeof(now)} &&
                      now.magic == kMagic && now.version == kVersion;
    if (good && (read_ == 0 || std::memcmp(&now, &header_, sizeof(now)) != 0)) {
        forget();
        header_ = now;
        read_ = sizeof(now);
        ++edition_;
    }
    std::vector<Record> records(kAtOnce);
    while (good) {
        const auto got =
            ::pread(fd, records.data(), kAtOnce * sizeof(Record), static_cast<off_t>(read_));
        const auto count = got <= 0 ? 0 : static_cast<std::size_t>(got) / sizeof(Record);
        for (std::size_t i = 0; i < count; ++i) take(records[i]);
        read_ += count * sizeof(Record);
        if (count > 0) ++edition_;
        if (count < kAtOnce) break;
    }
    ::close(fd);
    return good;
}

/// As a range, too: FFmpeg reuses its connection, and takes the length of one file for the other's.
std::uint64_t Reader::init_bytes(std::uint64_t period, package::Lane lane) const
{
    auto& known = init_bytes_[{period, lane}];
    struct stat info {};
    if (known == 0 && ::stat(init_path(folder_, period, lane).c_str(), &info) == 0)
        known = static_cast<std::uint64_t>(info.st_size);
    return known;
}

std::optional<hls::MediaPlaylist> Reader::playlist(package::Lane lane, const Span& span) const
{
    const auto track = static_cast<std::size_t>(lane);
    const auto window_s = std::min(header_.window_s, span.longest_s);
    const auto oldest = span.now_ms - std::int64_t{window_s} * 1000;
    hls::MediaPlaylist out{.sequence = header_.removed[track],
                           .discontinuity_sequence = header_.breaks[track],
                           .ended = span.ended};
    auto last_period = header_.last_period[track];
    std::uint32_t longest_us = 1;
    for (const auto& segment : of(lane)) {
        const bool new_period = last_period != 0 && last_period != segment.period;
        last_period = segment.period;
        // The longest of all that are known: the playlist may not change its mind.
        longest_us = std::max(longest_us, segment.duration_us);
        if (out.segments.empty() && !in_window(segment, oldest)) {
            ++out.sequence;
            if (new_period) ++out.discontinuity_sequence;
            continue;
        }
        if (new_period && out.segments.empty()) ++out.discontinuity_sequence;
        out.segments.push_back({.uri = media_name(segment.period, lane, segment.file),
                                .duration_us = segment.duration_us,
                                .wall_ms = segment.wall_ms,
                                .discontinuity = new_period && !out.segments.empty(),
                                .independent = segment.independent != 0,
                                .map = init_name(segment.period, lane),
                                .map_bytes = init_bytes(segment.period, lane),
                                .parts = {},
                                .range = hls::ByteRange{segment.offset, segment.bytes}});
    }
    if (out.segments.empty()) return std::nullopt;
    out.target_duration_s = static_cast<std::uint32_t>(std::lround(longest_us / 1e6));
    if (out.target_duration_s == 0) out.target_duration_s = 1;
    return out;
}

std::optional<hls::Multivariant> Reader::multivariant() const
{
    if (periods_.empty()) return std::nullopt;
    const auto& period = periods_.rbegin()->second;
    package::LaneRates rates;
    for (std::size_t track = 0; track < kTracks; ++track) {
        std::uint64_t bytes = 0;
        std::uint64_t us = 0;
        for (const auto& segment : tracks_[track]) {
            bytes += segment.bytes;
            us += segment.duration_us;
            const auto bps = segment.duration_us == 0
                                 ? 0
                                 : std::uint64_t{segment.bytes} * 8'000'000 / segment.duration_us;
            rates.of[track].peak = std::max(rates.of[track].peak, bps);
        }
        rates.of[track].average = us == 0 ? 0 : bytes * 8'000'000 / us;
    }
    return package::multivariant_over(period.video, period.audio, rates, {"v.m3u8", "a.m3u8"});
}

}  // namespace sluice::archive
