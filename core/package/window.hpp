#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/hub/layout.hpp"

/// The live window of a stream: what of it is on disk at this moment, and what playlists say about
/// it. Plain data that lies in shared memory (rack.hpp): written by the stream's publisher alone,
/// copied by everybody who serves it, and gone on with by the publisher that follows.
namespace sluice::package {

/// A row of segments that a playlist of its own lists. Both of CMAF count their segments alike.
/// MPEG-TS, which keeps to key frames, counts its own.
enum class Lane : std::uint8_t {
    video,      ///< CMAF
    audio,      ///< CMAF
    transport,  ///< MPEG-TS, both in one
};
inline constexpr std::size_t kLanes = 3;

inline constexpr std::uint32_t kMaxSegments = 160;  ///< of a lane; list_size is at most 100
inline constexpr std::uint32_t kMaxParts = 2048;    ///< of a lane, the newest
inline constexpr std::uint32_t kMaxPeriods = 32;    ///< that have segments; older ones go first
inline constexpr std::uint32_t kKept = 3;           ///< segments that outlive their listing

struct PartEntry {
    std::uint32_t offset;  ///< in its segment's file
    std::uint32_t bytes;
    std::uint32_t duration_us;
    std::uint32_t independent;
};

struct SegmentEntry {
    std::uint64_t sequence;
    std::int64_t time;         ///< of its first unit, in the lane's timescale
    std::int64_t duration;     ///< likewise; of an open one: so far
    std::uint64_t first_part;  ///< counted from the lane's beginning
    std::uint32_t parts;
    std::uint32_t bytes;
    std::uint32_t period;  ///< Period::number
    bool independent;
    bool complete;
    bool gap;  ///< not there, or not wholly
};

/// A track as playlists describe it.
struct TrackFacts {
    std::uint32_t timescale;  ///< 0: there is no such track
    std::uint32_t part_target_us;
    std::uint32_t frame;  ///< units a frame lasts
    std::uint32_t width, height;
    std::uint32_t sample_rate, channels;
    char codecs[32];  ///< RFC 6381
};

/// What belongs together without a break: one publisher, one set of headers.
struct Period {
    std::uint64_t id;         ///< in addresses: never used twice, and above all numbers before it
    std::uint32_t number;     ///< 0 for the first of a run
    std::int64_t start;       ///< 90 kHz
    std::int64_t wall_ms;     ///< wall clock at `start`
    TrackFacts video, audio;  ///< of the CMAF lanes
    TrackFacts transport_video, transport_audio;
};

struct LaneWindow {
    std::uint64_t first;     ///< number of the oldest segment that is there
    std::uint64_t end;       ///< one past the newest, which may be open; `first` when there is none
    std::uint64_t parts;     ///< counted from the beginning
    std::uint64_t peak_bps;  ///< of the segments of the newest period
    std::uint64_t total_bytes;  ///< of these, to tell the average
    std::uint64_t total_us;
    SegmentEntry segment[kMaxSegments];
    PartEntry part[kMaxParts];

    const SegmentEntry& at(std::uint64_t sequence) const
    {
        return segment[sequence % kMaxSegments];
    }
    SegmentEntry& at(std::uint64_t sequence) { return segment[sequence % kMaxSegments]; }
    const PartEntry& part_at(std::uint64_t number) const { return part[number % kMaxParts]; }
    bool empty() const { return first == end; }
    bool holds(std::uint64_t sequence) const { return sequence >= first && sequence < end; }
    /// Whether the part is still told apart from its segment.
    bool has_part(const SegmentEntry& of, std::uint64_t index) const
    {
        return index < of.parts && of.first_part + index + kMaxParts > parts;
    }
};

struct Window {
    std::uint32_t name_size;
    char name[hub::kMaxName];
    std::uint64_t run;                   ///< of the hub: a new one begins with an empty window
    std::int64_t availability_start_ms;  ///< wall clock of the run's first picture
    std::uint64_t next_sequence;         ///< no lane has begun it
    std::uint32_t list_size;
    std::uint32_t target_s;            ///< EXT-X-TARGETDURATION of the CMAF lanes
    std::uint32_t transport_target_s;  ///< of MPEG-TS; 0: not known before its first segment ends
    std::uint32_t first_period, end_period;  ///< numbers
    bool hls, cmaf;                          ///< what is made
    Period period[kMaxPeriods];
    LaneWindow lane[kLanes];

    std::string_view name_text() const { return {name, name_size}; }
    const LaneWindow& of(Lane kind) const { return lane[static_cast<std::size_t>(kind)]; }
    LaneWindow& of(Lane kind) { return lane[static_cast<std::size_t>(kind)]; }
    const Period& period_at(std::uint32_t number) const { return period[number % kMaxPeriods]; }
    Period& period_at(std::uint32_t number) { return period[number % kMaxPeriods]; }
};
static_assert(std::is_trivially_copyable_v<Window>);

/// Units per second of a lane's times in this period; 0: the lane has nothing there.
std::uint32_t timescale_of(const Period& period, Lane lane);

/// The track of a CMAF lane.
const TrackFacts& facts_of(const Period& period, Lane lane);

/// Milliseconds since 1970 at a time of the period, 90 kHz.
std::int64_t wall_ms_at(const Period& period, std::int64_t time);

/// Duration of a segment in µs.
std::uint32_t duration_us(const Window& window, Lane lane, const SegmentEntry& segment);

/// The period whose addresses carry this id; nullptr when it has no segment any more.
const Period* find_period(const Window& window, std::uint64_t id);

/// The number of the first segment a playlist lists: at least list_size complete ones and three
/// target durations (RFC 8216bis, 6.2.2), as far as there are any.
std::uint64_t first_listed(const Window& window, Lane lane);

/// One past the newest complete segment.
std::uint64_t end_of_complete(const LaneWindow& lane);

/// Gives the CMAF lane that is behind the other a gap for what it misses: both go on with the same
/// number then.
void level(Window& window);

/// Forgets everything, but leaves alone what nobody looks at then: most of a window that was never
/// used is no memory yet.
void empty(Window& window);

/// Copies what is in use, and leaves the rest of `to` as it is: of a window with room for hundreds
/// of segments a few are, and the others need no memory as long as nobody touches them. `from` may
/// hold any values and change meanwhile; what was copied then is to be copied again or mended.
void copy_used(const Window& from, Window& to);

/// Makes what was copied in the middle of a change usable: a lane whose numbers don't fit together
/// is emptied, an open segment ends with its last part.
void mend(Window& window);

}  // namespace sluice::package
