#pragma once

#include <string>
#include <string_view>

#include "core/channel/stream_name.hpp"

namespace sluice::package {

/// What a track of the stream is called in addresses below `/<channel>/s/`: `v`, or
/// `<rendition>-v`.
inline std::string track_of(std::string_view stream, std::string_view track)
{
    const auto rendition = channel::rendition_of(stream);
    if (rendition.empty()) return std::string(track);
    return std::string(rendition) + '-' + std::string(track);
}

/// Its folder, as seen from the stream's own playlists: `s/v`, or `../s/<rendition>-v`.
inline std::string track_folder(std::string_view stream, std::string_view track)
{
    const bool below = !channel::rendition_of(stream).empty();
    return (below ? "../s/" : "s/") + track_of(stream, track);
}

}  // namespace sluice::package
