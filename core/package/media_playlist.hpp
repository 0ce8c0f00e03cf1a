#pragma once

#include <optional>

#include "core/hls/media_playlist.hpp"
#include "window.hpp"

namespace sluice::package {

/// What the live window says of one lane, for hls::render(). A CMAF lane's playlist lies in `s/v/`
/// or `s/a/` below the stream, MPEG-TS's beside the multivariant playlist; URIs are relative to
/// there. `ended`: no publisher will go on with it. Nothing: not enough is there to begin with.
std::optional<hls::MediaPlaylist> media_playlist(const Window& window, Lane lane, bool ended);

}  // namespace sluice::package
