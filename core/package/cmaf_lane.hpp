#pragma once

#include <cstdint>
#include <optional>

#include "cmaf_track.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"
#include "lane_writer.hpp"

namespace sluice::package {

/// One track of the programme as CMAF segments in parts.
class CmafLane {
public:
    /// `part_target` in units of the track.
    CmafLane(const media::Track& track, std::uint64_t part_target, LaneWriter writer)
        : track_(track, part_target), writer_(writer), timescale_(track.timescale)
    {}

    /// A boundary of the programme. A segment that the track has nothing for becomes a gap.
    void cut_at(const Boundary& boundary);
    /// A segment of the programme that the track has nothing for, until `end`, 90 kHz: what comes
    /// before the next boundary is left out.
    void skip(const Boundary& boundary, std::int64_t end);
    void add(const media::AccessUnit& unit);
    void finish();

    bool failing() const { return writer_.failing(); }

private:
    void write(std::optional<Chunk> chunk);
    void gap(const Boundary& boundary, std::int64_t end);

    CmafTrack track_;
    LaneWriter writer_;
    std::uint32_t timescale_;
};

}  // namespace sluice::package
