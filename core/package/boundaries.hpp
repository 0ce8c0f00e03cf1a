#pragma once

#include <cstdint>
#include <optional>

#include "core/media/track.hpp"

namespace sluice::package {

/// Where a programme is cut into segments, in 90 kHz.
struct Boundary {
    std::uint64_t sequence = 0;     ///< of the segment that begins here
    std::int64_t time = 0;          ///< decoding time of its first picture, or of its first sound
    std::int64_t presentation = 0;  ///< when that is seen, or heard
    bool independent = true;        ///< a picture that stands alone is there
};

/// What Boundaries has to know of a unit, in 90 kHz.
struct Lead {
    std::int64_t dts = 0;
    std::uint32_t duration = 0;
    bool key = false;
    std::int32_t composition = 0;
};

/// Decides where segments begin. With video: at the first key frame after the target duration, or
/// before it where the next one would come too late; where none comes in time, at the frame that
/// would make the segment longer than players were promised. Without: at the target duration. All
/// tracks are cut at the same boundaries.
class Boundaries {
public:
    struct Durations {
        std::int64_t target = 0;   ///< what a segment should last, 90 kHz
        std::int64_t longest = 0;  ///< what it may last: EXT-X-TARGETDURATION
    };

    /// `first`: sequence number of the first segment.
    Boundaries(const Durations& durations, std::uint64_t first)
        : durations_(durations), next_(first)
    {}

    /// Asked for every unit of the leading track, which is the video where there is one, in
    /// decoding order: the boundary that lies before it, if one does.
    std::optional<Boundary> before(const Lead& unit);

    /// The boundary at this time when the leading track is silent, and another one sounds on for
    /// longer than a segment may be; nothing otherwise. 90 kHz.
    std::optional<Boundary> without_lead(std::int64_t time);

    /// From now on a segment may be this long.
    void allow(std::int64_t longest) { durations_.longest = longest; }

    /// The segment that is open; nothing before the first one.
    const std::optional<Boundary>& open() const { return open_; }

private:
    Boundary begin(const Lead& unit);

    Durations durations_;
    std::uint64_t next_;
    std::int64_t last_key_ = -1;
    std::int64_t group_ = 0;  ///< between the last two key frames
    std::optional<Boundary> open_;
};

}  // namespace sluice::package
