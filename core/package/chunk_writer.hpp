#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/fmp4/fragment.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"

namespace sluice::package {

/// A CMAF chunk: what a part of a low-latency playlist holds.
struct Chunk {
    std::int64_t decode_time = 0;     ///< in units of the track
    std::uint64_t duration = 0;       ///< likewise
    bool independent = false;         ///< begins with a unit that stands alone
    std::vector<std::uint8_t> head;   ///< moof, and the header of mdat
    std::vector<std::uint8_t> media;  ///< what is in mdat: follows at once
};

/// Gathers the units of one track into chunks. Times of chunks follow each other without gap or
/// overlap as long as the units do.
class ChunkWriter {
public:
    /// A chunk is full when one more unit would make it longer than `part_target`, in units of the
    /// track, by more than what clocks are off; 0: never, a segment is one chunk.
    ChunkWriter(media::Kind kind, std::uint64_t part_target)
        : kind_(kind), part_target_(part_target)
    {}

    /// A unit that comes so late that the chunk before it would become too long closes that one, as
    /// long as it was told to be; there is a hole between the two then.
    std::optional<Chunk> add(const media::AccessUnit& unit);

    bool empty() const { return samples_.empty(); }

    /// Whether no unit like the last one fits any more.
    bool full() const;

    /// Closes the chunk and begins another. Must not be empty.
    Chunk take();

    /// Takes back the memory of a chunk that is written.
    void reuse(Chunk&& chunk);

private:
    void stretch_to(std::int64_t dts);
    std::uint64_t limit(std::uint32_t frame) const;

    media::Kind kind_;
    std::uint64_t part_target_;
    std::uint32_t sequence_ = 0;
    std::int64_t decode_time_ = 0;
    std::uint64_t duration_ = 0;
    std::vector<fmp4::Sample> samples_;
    std::vector<std::uint8_t> head_;  ///< empty, kept for its memory
    std::vector<std::uint8_t> media_;
};

}  // namespace sluice::package
