#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "boundaries.hpp"
#include "chunk_writer.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"

namespace sluice::package {

/// What one unit did to its track, in this order.
struct CmafStep {
    std::optional<Chunk> last_chunk;  ///< the rest of the segment that ended
    std::optional<Boundary> began;    ///< a segment began
    std::optional<Chunk> late;        ///< a part that ends early: the unit comes after a pause
    std::optional<Chunk> chunk;       ///< a part that is full
};

/// A segment that the track has nothing for.
struct Missed {
    std::optional<Chunk> last_chunk;  ///< the rest of the segment before it
    Boundary boundary;
};

/// Cuts one track into segments and chunks at the programme's boundaries. The leading track is cut
/// before the unit for which a boundary was decided; others at the first unit at or after its time.
class CmafTrack {
public:
    /// `part_target` in units of the track; 0: a segment is one chunk.
    CmafTrack(const media::Track& track, std::uint64_t part_target)
        : kind_(track.kind), timescale_(track.timescale), writer_(track.kind, part_target)
    {}

    /// A boundary of the programme: from its time on units belong to that segment. When the one
    /// before was not even reached, the track has been silent for a whole segment: that is missed.
    std::optional<Missed> cut_at(const Boundary& boundary);

    /// Nothing belongs to the boundary that was decided last. What is left of the segment before
    /// it.
    std::optional<Chunk> skip();

    /// A unit that lies before the first boundary, or in a segment that was missed, is left out.
    CmafStep add(const media::AccessUnit& unit);

    /// Takes back the memory of a chunk that is written.
    void reuse(Chunk&& chunk) { writer_.reuse(std::move(chunk)); }

    /// What is left, when the stream or its configuration ends.
    std::optional<Chunk> finish();

private:
    bool reaches(const media::AccessUnit& unit, const Boundary& boundary) const;

    media::Kind kind_;
    std::uint32_t timescale_;
    ChunkWriter writer_;
    std::optional<Boundary> waiting_;  ///< not reached yet
    bool open_ = false;                ///< inside a segment
};

}  // namespace sluice::package
