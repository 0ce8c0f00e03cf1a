#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/fmp4/box_tree.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/mpegts/transport_stream.hpp"
#include "segment_files.hpp"
#include "window.hpp"

/// For tests: what must be true of every live window.
namespace sluice::package::test {

inline std::vector<std::uint8_t> read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string path_of(const std::string& root, const Window& window, Lane lane,
                           const SegmentEntry& segment)
{
    return segment_path(root, window.name_text(), window.period_at(segment.period).id, lane,
                        segment.sequence);
}

/// What is wrong with the files of a lane; empty: nothing.
inline std::string broken_files(const std::string& root, const Window& window, Lane kind)
{
    const auto& lane = window.of(kind);
    for (auto i = lane.first; i < lane.end; ++i) {
        const auto& segment = lane.at(i);
        if (segment.gap) continue;
        const auto path = path_of(root, window, kind, segment);
        const auto bytes = read_file(path);
        if (bytes.size() != segment.bytes) return path + ": size";
        if (kind == Lane::transport) {
            const mpegts::TransportStream packets(bytes);
            if (!packets.broken.empty()) return path + ": " + packets.broken;
            continue;
        }
        const fmp4::BoxTree boxes(bytes);
        if (!boxes.broken.empty()) return path + ": " + boxes.broken;
        std::uint64_t offset = 0;
        for (std::uint32_t part = 0; part < segment.parts; ++part) {
            if (!lane.has_part(segment, part)) return {};
            const auto& entry = lane.part_at(segment.first_part + part);
            if (entry.offset != offset) return path + ": parts";
            offset += entry.bytes;
        }
        if (offset != segment.bytes) return path + ": sum of parts";
    }
    return {};
}

/// Which of the promises of a playlist are broken (RFC 8216bis, 4.4.3.1, 4.4.3.7, 4.4.4.9); empty:
/// none. `steady`: its frames all last the same.
inline std::string broken_promises(const hls::MediaPlaylist& playlist, bool steady = true)
{
    const auto parts = [&](const hls::Segment& segment, bool open) -> std::string {
        for (std::size_t i = 0; i < segment.parts.size(); ++i) {
            const auto& part = segment.parts[i];
            const bool last = !open && i + 1 == segment.parts.size();
            const bool small = part.duration_us < playlist.part_target_us * 0.85;
            if (part.duration_us > playlist.part_target_us || (small && !last && steady))
                return part.uri + ": " + std::to_string(part.duration_us) + " of " +
                       std::to_string(playlist.part_target_us);
        }
        return {};
    };
    for (const auto& segment : playlist.segments) {
        if (std::lround(segment.duration_us / 1e6) > playlist.target_duration_s)
            return segment.uri + ": " + std::to_string(segment.duration_us);
        if (const auto broken = parts(segment, false); !broken.empty()) return broken;
    }
    return parts(playlist.open, true);
}

inline std::vector<double> durations(const Window& window, Lane kind)
{
    std::vector<double> out;
    const auto& lane = window.of(kind);
    for (auto i = lane.first; i < end_of_complete(lane); ++i) {
        out.push_back(duration_us(window, kind, lane.at(i)) / 1e6);
    }
    return out;
}

/// How far a segment's date is from the times of the stream, ms.
inline double date_error_ms(const Window& window, Lane kind, const SegmentEntry& segment,
                            std::int64_t begin_wall_ms, double clock = 1)
{
    const auto& period = window.period_at(segment.period);
    const auto rate = static_cast<double>(timescale_of(period, kind));
    const auto of_stream = static_cast<double>(segment.time) / rate - 5;
    const auto said =
        static_cast<double>(period.wall_ms) +
        (static_cast<double>(segment.time) / rate * 90'000 - static_cast<double>(period.start)) /
            90;
    return said - (static_cast<double>(begin_wall_ms) + of_stream * 1000 / clock);
}

}  // namespace sluice::package::test
