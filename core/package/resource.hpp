#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/channel/stream_name.hpp"
#include "window.hpp"

namespace sluice::package {

/// What a viewer asks for.
enum class Asked : std::uint8_t {
    transport_playlist,  ///< live.m3u8
    multivariant,        ///< master.m3u8 and index.m3u8
    manifest,            ///< manifest.mpd
    lane_playlist,       ///< s/v/index.m3u8, s/a/index.m3u8
    init,                ///< s/<track>/<period>/init.mp4
    segment,             ///< s/<track>/<period>/<number>.m4s, .ts
    part,                ///< s/<track>/<period>/<number>.<part>.m4s
    dvr_multivariant,    ///< dvr/index.m3u8
    dvr_playlist,        ///< dvr/v.m3u8, dvr/a.m3u8
    dvr_media,           ///< dvr/<file of the archive>
};

/// A path, taken apart.
struct Resource {
    Asked asked{};
    std::string_view channel;    ///< whose rules count; borrows from the path, like …
    std::string_view rendition;  ///< … this, as rendition_called(); empty: the channel's programme
    channel::StreamName stream;
    bool low_latency = false;  ///< of multivariant: master.m3u8, which is of CMAF alone
    Lane lane{};
    std::uint64_t period = 0;
    std::uint64_t sequence = 0;
    std::uint64_t part = 0;
    std::string_view file;  ///< of the archive
};

/// Nothing when the path is no address of a stream's segments (docs/playback.md). Numbers have no
/// leading zeros, so that every address is written in one way.
std::optional<Resource> parse_resource(std::string_view path);

/// Whether the address is of the archive, not of the live window.
constexpr bool is_dvr(Asked asked)
{
    return asked == Asked::dvr_multivariant || asked == Asked::dvr_playlist ||
           asked == Asked::dvr_media;
}

/// Whether the address says what never changes: it may be kept for ever.
constexpr bool is_immutable(Asked asked)
{
    return asked == Asked::init || asked == Asked::segment || asked == Asked::part;
}

}  // namespace sluice::package
