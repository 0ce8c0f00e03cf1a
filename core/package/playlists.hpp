#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/dash/manifest.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "window.hpp"

namespace sluice::package {

/// What the live window says to players, as data for hls::render() and dash::render(). `ended`: no
/// publisher will go on with it. Nothing: not enough is there to begin with.

/// The playlist of one lane. A CMAF lane's lies in `s/v/` or `s/a/` below the stream, MPEG-TS's
/// beside the multivariant playlist; URIs are relative to there.
std::optional<hls::MediaPlaylist> media_playlist(const Window& window, Lane lane, bool ended);

/// Bits per second of a lane's segments.
struct LaneRate {
    std::uint64_t peak = 0;
    std::uint64_t average = 0;
};
struct LaneRates {
    std::array<LaneRate, 2> of;  ///< video, audio
};

/// Over a video and an audio track, either of which may be absent, whose playlists are at `uris`.
hls::Multivariant multivariant_over(const TrackFacts& video, const TrackFacts& audio,
                                    const LaneRates& rates, const std::array<std::string, 2>& uris);

/// Over the CMAF lanes; over MPEG-TS where there is no CMAF.
std::optional<hls::Multivariant> multivariant(const Window& window);

/// `now_ms`: wall clock.
std::optional<dash::Manifest> manifest(const Window& window, bool ended, std::int64_t now_ms);

}  // namespace sluice::package
