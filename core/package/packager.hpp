#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "boundaries.hpp"
#include "cmaf_track.hpp"
#include "core/flv/tag.hpp"
#include "core/media/unit_reader.hpp"
#include "lane_writer.hpp"
#include "rack.hpp"
#include "segment_files.hpp"
#include "transport_lane.hpp"

namespace sluice::package {

/// What is made of a stream.
struct PackageSettings {
    bool hls = false;   ///< MPEG-TS segments
    bool cmaf = false;  ///< CMAF segments in parts
    std::uint32_t segment_ms = 2000;
    std::uint32_t part_ms = 200;
    std::uint32_t list_size = 5;
    std::uint32_t dvr_window_s = 0;  ///< how long whole CMAF segments are kept; 0: they are not

    bool operator==(const PackageSettings&) const = default;
};

/// When something arrived.
struct Arrival {
    std::int64_t wall_ms = 0;
    std::int64_t mono_ms = 0;
};

/// Whose stream it is.
struct StreamIdentity {
    std::string name;
    std::uint64_t run = 0;             ///< of the hub
    std::uint64_t least_sequence = 0;  ///< what a new run begins with at least
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

    /// Ends the open segments; nothing may be taken after it.
    void finish();

    const PackageSettings& settings() const { return settings_; }
    /// False once another publisher took over.
    bool current() const { return hold_.current(); }
    const Window& window() const { return hold_.window(); }

    /// The segments that ended since the last call.
    std::vector<Completed> take_completed() { return std::exchange(completed_, {}); }

private:
    /// One CMAF lane of the open period.
    struct CmafLane {
        CmafTrack track;
        LaneWriter writer;
        std::uint32_t timescale;
    };

    void resume();
    void begin_window(const StreamIdentity& stream, const Arrival& now);
    void note_track(media::Kind kind);
    void take_unit(media::Kind kind, const media::AccessUnit& unit, const Arrival& now);
    bool may_begin(media::Kind kind, const media::AccessUnit& unit);
    void note_frame(std::uint32_t duration);
    bool drifted(const Boundary& boundary, const Arrival& now);
    std::uint32_t next_period() const;
    void begin_period(media::Kind kind, const media::AccessUnit& unit, const Arrival& now);
    bool write_inits();
    std::uint64_t next_number(const Period& period, std::initializer_list<Lane> lanes) const;
    bool failing() const;
    void end_period();
    void open_lanes(const Period& period, const media::AccessUnit& lead);
    std::optional<CmafLane> open_cmaf(const Period& period, const media::Track& track,
                                      const TrackFacts& facts);
    void open_transport(const Period& period);
    void cut(const Lead& lead, media::Kind kind, const Arrival& now);
    void cut_cmaf(const Boundary& boundary);
    void cut_transport(const Boundary& boundary);
    void add(CmafLane& lane, const media::AccessUnit& unit);
    static void write_chunk(CmafLane& lane, std::optional<Chunk> chunk);
    TrackFacts facts_of(media::Kind kind, std::uint32_t frame) const;
    Lead lead_of(media::Kind kind, const media::AccessUnit& unit) const;
    void make_room_for_period();

    Hold hold_;
    SegmentFiles files_;
    std::string root_;
    PackageSettings settings_;
    std::vector<Completed> completed_;
    media::UnitReader reader_;
    std::optional<Boundaries> cmaf_cuts_;
    std::optional<Boundaries> transport_cuts_;
    std::optional<CmafLane> video_;
    std::optional<CmafLane> audio_;
    std::optional<TransportLane> transport_;
    bool in_period_ = false;
    bool no_room_ = false;  ///< the disk did not take the headers of a new period
    bool anew_ = false;  ///< headers changed, or a track came: a new period at the next key frame
    bool stale_[2]{};    ///< of each kind: its units need a header that the period doesn't have
    media::Kind lead_{};
    std::int64_t first_sound_ = -1;
    int drifted_ = 0;  ///< boundaries in a row at which the wall clock was elsewhere …
    std::int64_t drifted_since_ms_ = 0;  ///< … and when the first of them was
    std::uint32_t sound_frame_ = 0;      ///< samples of the newest frame of audio
};

/// Milliseconds since 1970 at a time of the period, 90 kHz.
std::int64_t wall_ms_at(const Period& period, std::int64_t time);

/// Seconds since 2025-01-01: no sequence number is below it, so that they rise over restarts.
std::uint64_t first_sequence(std::int64_t wall_ms);

}  // namespace sluice::package
