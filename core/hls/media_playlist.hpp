#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::hls {

/// A partial segment (RFC 8216bis, 4.4.4.9). URIs of this file are as they shall stand in the
/// playlist.
struct Part {
    std::string uri;
    std::uint32_t duration_us = 0;
    bool independent = false;  ///< begins with a frame that stands alone
    bool gap = false;
};

/// Bytes of a file that holds more (4.4.4.2).
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

struct Segment {
    std::string uri;
    std::uint32_t duration_us = 0;
    std::int64_t wall_ms = 0;     ///< of its first frame, since the epoch; 0: not said
    bool discontinuity = false;   ///< before it
    bool gap = false;             ///< is not there (4.4.4.7)
    bool independent = true;      ///< begins with a frame that stands alone
    std::string map;              ///< initialisation section; empty: none (MPEG-TS)
    std::uint64_t map_bytes = 0;  ///< its length, where it is asked for as a range; 0: the whole
    std::vector<Part> parts;      ///< those still listed
    std::optional<ByteRange> range{};  ///< of its file; nothing: the whole
};

/// Where another rendition of the same programme stands (4.4.5.4).
struct RenditionReport {
    std::string uri;
    std::uint64_t last_sequence = 0;
    std::optional<std::uint32_t> last_part;
};

/// A live playlist (RFC 8216bis, 4.4.3), as data.
struct MediaPlaylist {
    std::uint32_t target_duration_s = 0;
    std::uint32_t part_target_us = 0;  ///< 0: no low latency
    std::uint64_t sequence = 0;        ///< of the first segment
    std::uint64_t discontinuity_sequence = 0;
    std::vector<Segment> segments;
    Segment open;              ///< the one that grows; only its parts are listed
    std::string preload_hint;  ///< URI of the next part; empty: none
    std::vector<RenditionReport> reports;
    bool ended = false;
};

/// The text of the playlist.
std::string render(const MediaPlaylist& playlist);

/// The same as a delta update (4.4.5.2), for who has an earlier one; the whole when there is
/// nothing to skip.
std::string render_delta(const MediaPlaylist& playlist);

}  // namespace sluice::hls
