#pragma once

#include <cstdint>
#include <optional>

#include "core/media/track.hpp"

namespace sluice::package {

/// Where a programme is cut into segments, in 90 kHz.
struct Boundary {
    std::uint64_t sequence = 0;  ///< of the segment that begins here
    std::int64_t time = 0;       ///< decoding time of its first picture, or of its first sound
    bool independent = true;     ///< a picture that stands alone is there
};

/// Decides where segments begin. With video: at the first key frame after the target duration;
/// where none comes in time, at the frame that would make the segment longer than players were
/// promised. Without: at the target duration. All tracks are cut at the same boundaries.
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
    std::optional<Boundary> before(std::int64_t dts, std::uint32_t duration, bool key);

    /// The segment that is open; nothing before the first one.
    const std::optional<Boundary>& open() const { return open_; }

    /// The next unit begins a segment whatever it is: a track came, went or changed.
    void cut_at_next() { due_ = true; }

private:
    Durations durations_;
    std::uint64_t next_;
    std::optional<Boundary> open_;
    bool due_ = true;
};

}  // namespace sluice::package
