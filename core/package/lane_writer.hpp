#pragma once

#include <cstdint>
#include <vector>

#include "rack.hpp"
#include "segment_files.hpp"
#include "window.hpp"

namespace sluice::package {

/// A segment that ended.
struct Completed {
    Lane lane{};
    std::uint64_t sequence = 0;
    bool lost = false;  ///< the disk did not take all of it
};

/// Writes one lane of the live window: bytes into files first, then what viewers see of them.
/// Old segments go when enough newer ones are listed. A segment that the disk did not take is a
/// gap; the next one is tried again. Nothing is written once another publisher took over: asked
/// here, where something is to be written, and not at every frame, which would touch shared memory.
class LaneWriter {
public:
    /// All must outlive the writer. `period`: Period::number. `completed` gets the segments that
    /// ended.
    LaneWriter(Hold& hold, SegmentFiles& files, Lane lane, std::uint32_t period,
               std::vector<Completed>& completed)
        : hold_(&hold), files_(&files), completed_(&completed), lane_(lane), period_(period)
    {}

    /// Begins a segment at `time` (lane's timescale), where the open one ends, if there is one.
    void begin(std::uint64_t sequence, std::int64_t time, bool independent);

    /// What a part holds besides its bytes.
    struct PartFacts {
        std::uint64_t duration = 0;  ///< lane's timescale
        bool independent = false;
    };
    void append_part(const PartFacts& facts, SegmentFiles::Pieces pieces);

    /// Bytes of a segment without parts, which lasts for `duration` with them.
    void append(std::int64_t duration, SegmentFiles::Pieces pieces);

    /// Ends the open segment. `duration` < 0: that of its parts.
    void complete(std::int64_t duration);

    /// A segment that there is nothing for.
    void gap(std::uint64_t sequence, std::int64_t time, std::int64_t duration);

    /// Whether the last bytes were lost because they could not be written.
    bool failing() const { return failing_; }

private:
    const LaneWindow& lane() const { return hold_->window().of(lane_); }
    void push(const SegmentEntry& entry);
    void end_segment(std::int64_t duration);
    std::int64_t length_before(std::int64_t time) const;
    void note_failure();
    std::uint32_t told_us(std::uint64_t duration) const;
    void remove_all();
    void remove_old();

    Hold* hold_;
    SegmentFiles* files_;
    std::vector<Completed>* completed_;
    Lane lane_;
    std::uint32_t period_;
    bool open_ = false;
    bool lost_ = false;  ///< the open segment is a gap
    bool failing_ = false;
};

}  // namespace sluice::package
