#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "boundaries.hpp"
#include "core/flv/tag.hpp"
#include "core/media/unit_reader.hpp"
#include "date_drift.hpp"
#include "lane_writer.hpp"
#include "open_period.hpp"
#include "package_settings.hpp"
#include "programme_cuts.hpp"
#include "rack.hpp"
#include "segment_files.hpp"

namespace sluice::package {

/// Whose stream it is.
struct StreamIdentity {
    std::string name;
    std::uint64_t run = 0;             ///< of the hub
    std::uint64_t least_sequence = 0;  ///< what a new run begins with at least
    /// Whose rendition it is: cut where that is cut. Outlives the packager; nullptr: it is none.
    const StreamRack* programme = nullptr;
};

/// What a message did.
struct Packaged {
    bool changed = false;  ///< viewers have something new
    bool failing = false;  ///< the disk does not take what is written
};

/// Packages one publisher's stream into its live window: decides where segments and parts begin,
/// writes them, and says so in the window. Gives no thought to who watches.
class Packager {
public:
    /// Goes on where the publisher before left off when it is the same run of the stream; otherwise
    /// begins an empty window, and removes what another stream left in this place.
    Packager(Hold hold, const std::string& root, const StreamIdentity& stream,
             const PackageSettings& settings, const Arrival& now);
    Packager(const Packager&) = delete;
    Packager& operator=(const Packager&) = delete;
    /// Ends the open segments.
    ~Packager();

    /// A message's body at its normalised time.
    Packaged take(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t dts_ms,
                  const Arrival& now);

    /// Of a rendition for which nothing comes: what the programme has by now is told as missing.
    Packaged note_absence();

    /// Ends the open segments; nothing may be taken after it.
    void finish();

    const PackageSettings& settings() const { return settings_; }
    /// False once another publisher took over.
    bool current() const { return hold_.current(); }
    const Window& window() const { return hold_.window(); }

    /// The segments that ended since the last call.
    std::vector<Completed> take_completed() { return std::exchange(completed_, {}); }

private:
    void resume();
    void begin_window(const StreamIdentity& stream, const Arrival& now);
    void note_track(media::Kind kind);
    void take_unit(media::Kind kind, const media::AccessUnit& unit, const Arrival& now);
    bool may_begin(media::Kind kind, const media::AccessUnit& unit);
    bool may_follow(const media::AccessUnit& unit);
    std::uint32_t number_of_next_period();
    Period following(Period period) const;
    void begin_period(media::Kind kind, const media::AccessUnit& unit, const Arrival& now);
    bool write_inits(const PeriodTracks& tracks);
    void end_period();
    bool failing() const;
    Lead lead_of(media::Kind kind, const media::AccessUnit& unit) const;

    Hold hold_;
    SegmentFiles files_;
    std::string root_;
    std::optional<ProgrammeCuts> programme_;  ///< of a rendition
    std::uint32_t followed_ = 0;              ///< the programme's period that the open one is of
    PackageSettings settings_;
    std::vector<Completed> completed_;
    media::UnitReader reader_;
    std::optional<OpenPeriod> open_;
    bool no_room_ = false;  ///< the disk did not take the headers of a new period
    bool anew_ = false;  ///< headers changed, or a track came: a new period at the next key frame
    bool stale_[2]{};    ///< of each kind: its units need a header that the period doesn't have
    std::int64_t first_sound_ = -1;
    std::uint32_t sound_frame_ = 0;  ///< samples of the newest frame of audio
};

}  // namespace sluice::package
