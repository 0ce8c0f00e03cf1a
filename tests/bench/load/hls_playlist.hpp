#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "result.hpp"

namespace sluice::bench {

/// Where a part stands: the media sequence number of its segment and its number in it.
struct PartNumber {
    std::uint64_t segment = 0;
    std::uint64_t part = 0;

    auto operator<=>(const PartNumber&) const = default;
};

struct HlsPart {
    PartNumber number;
    std::string uri;
    std::int64_t duration_us = 0;
    bool independent = false;
};

struct HlsSegment {
    std::uint64_t number = 0;
    std::string uri;
    std::int64_t duration_us = 0;
};

/// A media playlist as a player sees it (RFC 8216bis, 4.4.3 and 4.4.4). URIs stand as they were
/// written.
struct HlsPlaylist {
    std::int64_t target_duration_us = 0;
    std::int64_t part_target_us = 0;  ///< 0: no low latency
    std::int64_t part_hold_back_us = 0;
    bool can_block_reload = false;
    std::uint64_t sequence = 0;
    std::string map;  ///< of the last segment; empty: none
    std::vector<HlsSegment> segments;
    std::vector<HlsPart> parts;
    std::string preload_hint;
    PartNumber next;  ///< the first part that is not listed
    bool ended = false;
};

Result<HlsPlaylist> parse_media_playlist(std::string_view text);

/// The playlists that a player of the first variant reads.
struct HlsVariant {
    std::string uri;
    std::string audio_uri;  ///< empty: the sound is in the variant
};

/// Nothing for a media playlist.
Result<std::optional<HlsVariant>> parse_multivariant(std::string_view text);

/// The path of `uri` in a playlist that was read from `base`, a path with or without a query
/// (RFC 3986, 5.2.4). URIs of other hosts are an error.
Result<std::string> resolve_path(std::string_view base, std::string_view uri);

}  // namespace sluice::bench
