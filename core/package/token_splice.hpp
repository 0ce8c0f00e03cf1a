#pragma once

#include <string>
#include <string_view>

namespace sluice::package {

/// Puts a viewer's own token behind every address that a playlist or manifest holds: `parameter` is
/// `sign=…`, made of characters that need no escape in URIs and XML. Playlists are made once for
/// all viewers and hold no token themselves.
std::string splice_into_playlist(std::string_view playlist, std::string_view parameter);
std::string splice_into_manifest(std::string_view manifest, std::string_view parameter);

}  // namespace sluice::package
