#pragma once

#include <cstdint>
#include <optional>

#include "core/hub/zone.hpp"

namespace sluice::ingest {

/// How a live stream does at one moment; nothing where it has no such track, or nothing is known
/// yet.
struct Vitals {
    std::optional<float> fps;
    std::uint32_t video_bps = 0;
    std::uint32_t audio_bps = 0;
    std::optional<std::int64_t> keyframe_interval_ms;  ///< the newest one, or the age of the last
                                                       ///< key frame once that is more
    std::optional<std::int64_t> av_drift_ms;           ///< audio ahead of video; behind: negative
    std::optional<std::int64_t> silence_ms;  ///< since the newest audio frame that holds sound
    std::optional<std::int64_t> last_tag_age_ms;
};

/// `info` is a consistent copy of the ring's; `now_us` is the monotonic clock. Input that has
/// stopped counts as a rate of nothing after two windows of the meters.
Vitals vitals_of(const hub::Zone& zone, const hub::RingHeader& ring, const hub::PublishInfo& info,
                 std::uint64_t now_us);

}  // namespace sluice::ingest
