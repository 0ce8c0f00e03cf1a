#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "samples.hpp"
#include "stamp.hpp"

namespace sluice::bench {

/// How long parts and segments take from the publisher to a viewer, by the stamps of their frames.
class DelayMeter {
public:
    static constexpr std::size_t kTracks = 2;

    /// A part of a track (0: pictures, 1: sound) that a viewer has had since `now_us`.
    void add_part(std::size_t track, View part, std::int64_t now_us);

    /// A transport segment that a viewer found listed at `listed_us` and has had since `now_us`;
    /// segments come in order.
    void add_segment(View segment, std::int64_t listed_us, std::int64_t now_us);

    /// {"video_part_ms", "audio_part_ms", "segment_listed_ms", "segment_ms", "segment_cut_ms"}:
    /// from the last frame until the part is here, the segment listed, the segment here; and from
    /// the first frame of the next segment, which ends this one, until this one is listed.
    nlohmann::json summary_ms() const;

private:
    std::array<Samples, kTracks> part_us_;
    Samples listed_us_;
    Samples segment_us_;
    Samples cut_us_;
    std::optional<std::int64_t> previous_listed_us_;
};

}  // namespace sluice::bench
