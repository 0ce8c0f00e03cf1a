#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "record.hpp"

namespace sluice::archive {

/// Follows the index of one stream's archive: reads what was appended since the last look.
class Reader {
public:
    explicit Reader(std::string folder) : folder_(std::move(folder)) {}

    /// Looks again. False: there is no archive, or none that can be read.
    bool look();

    /// Counts the looks that found something new.
    std::uint64_t edition() const { return edition_; }

    /// What a playlist is to be of.
    struct Span {
        std::int64_t now_ms = 0;  ///< wall clock: where the window ends
        std::uint32_t longest_s = std::numeric_limits<std::uint32_t>::max();
        bool ended = false;  ///< nobody publishes the stream
    };

    /// The playlist of one track; URIs are names in the same folder. Nothing: no segment is in the
    /// window.
    std::optional<hls::MediaPlaylist> playlist(package::Lane lane, const Span& span) const;

    /// Over both tracks' playlists, `v.m3u8` and `a.m3u8`.
    std::optional<hls::Multivariant> multivariant() const;

private:
    std::uint64_t init_bytes(std::uint64_t period, package::Lane lane) const;
    void forget();
    void take(const Record& record);
    const std::vector<SegmentRecord>& of(package::Lane lane) const
    {
        return tracks_[static_cast<std::size_t>(lane)];
    }

    std::string folder_;
    Header header_{};
    std::uint64_t read_ = 0;  ///< bytes of the index; 0: nothing yet
    std::uint64_t edition_ = 0;
    std::map<std::uint64_t, PeriodRecord> periods_;
    mutable std::map<std::pair<std::uint64_t, package::Lane>, std::uint64_t> init_bytes_;
    std::vector<SegmentRecord> tracks_[kTracks];
};

}  // namespace sluice::archive
