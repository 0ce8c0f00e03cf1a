#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "boundaries.hpp"
#include "core/media/access_unit.hpp"
#include "core/media/track.hpp"
#include "core/mpegts/muxer.hpp"
#include "lane_writer.hpp"

namespace sluice::package {

/// The programme as MPEG-TS segments. Frames of audio are gathered into one PES packet for about a
/// tenth of a second.
class TransportLane {
public:
    /// Those that the muxer was made of; null: what is added of this kind is left out.
    TransportLane(mpegts::Muxer muxer, LaneWriter writer, const media::Track* video,
                  const media::Track* audio)
        : muxer_(std::move(muxer)),
          writer_(writer),
          has_video_(video != nullptr),
          audio_timescale_(audio == nullptr ? 0 : audio->timescale)
    {}

    /// Ends the segment and begins another. How long the ended one is, 90 kHz; 0: there was none.
    std::int64_t cut_at(const Boundary& boundary);
    /// A segment that there is nothing for, which lasts until `end`, 90 kHz.
    void skip(const Boundary& boundary, std::int64_t end);

    void add_video(const media::AccessUnit& unit);
    void add_audio(const media::AccessUnit& unit);
    void finish();

    bool has_audio() const { return audio_timescale_ != 0; }
    bool failing() const { return writer_.failing(); }

private:
    void flush_audio();
    void flush();
    void reach(std::int64_t end);

    mpegts::Muxer muxer_;
    LaneWriter writer_;
    bool has_video_;
    std::uint32_t audio_timescale_;
    std::optional<Boundary> open_;
    std::int64_t end_ = 0;                  ///< of what was added, 90 kHz
    std::vector<std::uint8_t> out_;         ///< packets that are not in the file yet
    std::vector<media::AccessUnit> sound_;  ///< frames that wait; their bytes lie in …
    std::vector<std::uint8_t> sound_bytes_;
};

}  // namespace sluice::package
