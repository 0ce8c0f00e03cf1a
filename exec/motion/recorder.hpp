#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "clip.hpp"
#include "core/motion/memory.hpp"
#include "options.hpp"
#include "reports.hpp"
#include "workshop.hpp"

namespace sluice::motion {

/// Decides by looks what is recorded, and writes it. Its clock is that of the media.
class Recorder {
public:
    Recorder(const Options& options, Reports& reports, Workshop& workshop);

    /// Others than before: what was recorded of those is finished.
    void set_tracks(const Tracks& tracks);

    /// `utc_ms`: when its time was.
    void take(const Unit& unit, std::int64_t utc_ms);

    /// At `at_ms` so much of the picture had changed.
    void looked(std::int64_t at_ms, double percent);

    /// Nothing follows.
    void finish();

private:
    void advance(std::int64_t until_ms, bool moving);
    bool begin_clip(std::int64_t at_ms);
    void write_until(std::int64_t at_ms);
    void end_clip();
    bool must_cut(const Unit& unit) const;
    void give_up(const std::string& why);

    Options options_;
    Reports& reports_;
    Workshop& workshop_;
    Tracks tracks_;
    Memory memory_;
    std::int64_t utc_offset_ms_ = 0;

    std::optional<std::int64_t> looked_ms_;
    std::optional<std::int64_t> moved_ms_;  ///< the last look that saw motion; empty: it is calm
    std::int64_t newest_ms_ = 0;
    double percent_ = 0;  ///< of the last look

    std::optional<Clip> clip_;
    double most_percent_ = 0;       ///< of its looks
    std::int64_t begun_at_ms_ = 0;  ///< the look that it was begun for
    std::uint64_t first_ = 0;       ///< number of its first unit
    std::uint64_t next_ = 0;        ///< number of the unit that it gets next
    std::int64_t cut_ms_ = std::numeric_limits<std::int64_t>::min();  ///< where the last one ended
    bool disk_complained_ = false;
};

}  // namespace sluice::motion
