#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/hls/multivariant.hpp"
#include "lane_rate.hpp"
#include "window.hpp"

namespace sluice::package {

struct LaneRates {
    std::array<LaneRate, 2> of;  ///< video, audio
};

/// Over a video and an audio track, either of which may be absent, whose playlists are at `uris`.
hls::Multivariant multivariant_over(const TrackFacts& video, const TrackFacts& audio,
                                    const LaneRates& rates, const std::array<std::string, 2>& uris);

/// What the live window says of its tracks, for hls::render(): over the CMAF lanes; over MPEG-TS
/// where there is no CMAF. Nothing: not enough is there to begin with.
std::optional<hls::Multivariant> multivariant(const Window& window);

/// CODECS of both tracks, either of which may be absent.
std::string joined_codecs(const TrackFacts& video, const TrackFacts& audio);

/// Whether every segment that is listed can be decoded without the one before.
bool all_independent(const Window& window, Lane lane);

}  // namespace sluice::package
