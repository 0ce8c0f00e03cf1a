#pragma once

#include <cstdint>
#include <type_traits>

#include "core/package/window.hpp"

/// A stream's archive on disk: what time-shift lets viewers go back to. Append-only: media files of
/// at most ten minutes of one track, and an index of fixed records. Bytes are in their file before
/// the index tells of them, so that a crash at any point loses what was not told of, and no more.
namespace sluice::archive {

inline constexpr std::uint32_t kMagic = 0x534c4152;  // "SLAR"
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::uint32_t kTracks = 2;  ///< video and audio, by package::Lane

/// What an index begins with.
struct Header {
    std::uint32_t magic;
    std::uint32_t version;
    std::uint32_t window_s;              ///< how long segments are kept
    std::uint32_t rewrites;              ///< how often the index was written anew
    std::uint64_t removed[kTracks];      ///< segments that were in it before: numbers go on
    std::uint64_t breaks[kTracks];       ///< discontinuities among and before these
    std::uint64_t last_period[kTracks];  ///< of the newest of these; 0: none
};

enum class Kind : std::uint32_t { period = 1, segment = 2 };

/// What belongs together without a break, as package::Period.
struct PeriodRecord {
    std::uint64_t id;
    package::TrackFacts video, audio;
};

struct SegmentRecord {
    std::uint64_t period;
    std::uint64_t sequence;  ///< of the live window
    std::uint64_t file;      ///< number of the first segment in its media file
    std::uint64_t offset;
    std::int64_t wall_ms;
    std::uint32_t bytes;
    std::uint32_t duration_us;
    std::uint32_t lane;  ///< package::Lane
    std::uint32_t independent;
};

/// One entry of the index.
struct Record {
    Kind kind;
    std::uint32_t sum;  ///< over the rest: a record that was half written is none
    union {
        PeriodRecord period;
        SegmentRecord segment;
    };
};

static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<Record>);

/// FNV-1a over everything behind `sum`.
std::uint32_t sum_of(const Record& record);

}  // namespace sluice::archive
