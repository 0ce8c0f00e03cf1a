#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "movie_reader.hpp"

namespace sluice::fmp4 {

/// A sample that a fragment announces.
struct AnnouncedSample {
    std::uint64_t offset = 0;    ///< in the file
    std::uint32_t size = 0;      ///< > 0
    std::uint32_t track_id = 0;  ///< of a known track
    std::int64_t dts = 0;        ///< after the edit list
    std::int32_t composition = 0;
    std::uint32_t duration = 0;
    bool sync = false;
    std::int64_t us = 0;       ///< dts
    std::int64_t rest_us = 0;  ///< the least of what lies behind it; kNothingBehind: nothing does
};

inline constexpr std::int64_t kNothingBehind = INT64_MAX;

/// A movie's track, and how far its fragments have told.
struct OpenTrack {
    MovieTrack movie;
    std::uint64_t next_time = 0;  ///< where a fragment that doesn't say its time begins
};

inline constexpr std::size_t kMaxAnnounced = 65'536;
inline constexpr std::uint32_t kMaxSample = 16U << 20;

/// Reads the content of the `moof` that begins at `start` in the file: what it announces of known
/// tracks, in the order of the file, replaces `out`. Errc::malformed (two samples in one place
/// included), limit (more or larger ones than the above), unsupported (another sample description
/// than the first).
Result<void> read_fragment(std::span<const std::uint8_t> moof, std::uint64_t start,
                           std::span<OpenTrack> tracks, std::vector<AnnouncedSample>& out);

}  // namespace sluice::fmp4
