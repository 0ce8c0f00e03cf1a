#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "boundaries.hpp"
#include "cmaf_lane.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"
#include "date_drift.hpp"
#include "package_settings.hpp"
#include "programme_cuts.hpp"
#include "rack.hpp"
#include "segment_files.hpp"
#include "transport_lane.hpp"

namespace sluice::package {

/// What a period is made of. With a picture, that leads: it decides where segments begin.
struct PeriodTracks {
    const media::Track* video = nullptr;  ///< null: there is none
    const media::Track* audio = nullptr;
    std::uint32_t picture = 0;  ///< duration of a picture, in its track's units
    std::uint32_t sound = 0;    ///< of a frame of audio

    media::Kind lead() const { return video != nullptr ? media::Kind::video : media::Kind::audio; }
};

/// The period that is being written: its lanes, and where they are cut.
class OpenPeriod {
public:
    /// Opens the lanes that the tracks allow and shows the period in the window. References must
    /// outlive it; `completed` gets the segments that ended.
    OpenPeriod(Hold& hold, SegmentFiles& files, std::vector<Completed>& completed,
               const PackageSettings& settings, const Period& period, const PeriodTracks& tracks);

    /// Before a unit is added: begins the segments that begin with it. True: the programme's date
    /// went astray, a new period should begin.
    bool cut(const Lead& lead, media::Kind kind, const Arrival& now);
    /// The same for a rendition's picture: begins the segments that the programme has begun by the
    /// time it is seen; those that it came too late for are gaps.
    void follow(const ProgrammeCuts& programme, const Lead& lead);
    /// For what the programme has whole and this lacks nothing will come: gaps.
    void note_absence(const ProgrammeCuts& programme);

    void add(media::Kind kind, const media::AccessUnit& unit);

    /// The first picture's duration may have been a guess.
    void note_picture(std::uint32_t duration);

    /// Ends the open segments; nothing may be added after it.
    void finish();

    bool failing() const;

private:
    void open_cmaf(const Period& period, const PeriodTracks& tracks);
    std::optional<CmafLane> open_lane(const media::Track* track, std::uint32_t frame);
    void open_transport(const Period& period, const PeriodTracks& tracks);
    void show(Period period, const PeriodTracks& tracks);
    bool astray(const Boundary& boundary, const Arrival& now);
    void cut_cmaf(const Boundary& boundary);
    void cut_transport(const Boundary& boundary);
    void skip(Lane lane, const Boundary& boundary, std::int64_t end);
    template <class Cut>
    void follow_lane(const ProgrammeCuts& programme, Lane lane,
                     std::optional<std::uint64_t>& followed, const Lead& lead, Cut&& cut_at);
    std::int64_t end_of(const std::vector<ProgrammeCuts::Cut>& cuts, std::size_t i) const;

    Hold* hold_;
    SegmentFiles* files_;
    std::vector<Completed>* completed_;
    PackageSettings settings_;
    std::uint32_t number_;
    media::Kind lead_;
    DateDrift drift_;
    std::optional<Boundaries> cmaf_cuts_;
    std::optional<Boundaries> transport_cuts_;
    std::optional<CmafLane> video_;
    std::optional<CmafLane> audio_;
    std::optional<TransportLane> transport_;
    // Of a rendition: the last segment that was begun, or told as missing.
    std::optional<std::uint64_t> followed_cmaf_;
    std::optional<std::uint64_t> followed_transport_;
};

}  // namespace sluice::package
