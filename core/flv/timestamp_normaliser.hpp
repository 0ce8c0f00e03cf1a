#pragma once

#include <cstdint>
#include <type_traits>

#include "core/base/result.hpp"
#include "core/flv/tag.hpp"

namespace sluice::flv {

/// One track's place in the clock mapping. All zero is a track nobody has seen.
struct NormaliserTrack {
    std::int64_t in_ms = 0;         ///< newest input, unwrapped
    std::int64_t offset_ms = 0;     ///< out = in + offset
    std::int64_t top_ms = 0;        ///< highest in + offset since the offset was chosen
    std::int64_t step_ms = 0;       ///< newest positive step of at most a second
    std::int64_t mono_ms = 0;       ///< arrival of the newest input
    std::int64_t jump_ms = 0;       ///< size of the last jump that changed the offset, 0 for none
    std::int64_t jumped_at_ms = 0;  ///< its arrival
    bool seen = false;
};

/// Everything a TimestampNormaliser knows. May live in shared memory; all zero is a new stream.
struct NormaliserState {
    NormaliserTrack audio;
    NormaliserTrack video;
    std::int64_t last_ms = 0;   ///< newest output of either track
    std::int64_t begin_ms = 0;  ///< output of the first tag, if `begins`
    bool begins = false;
};

static_assert(std::is_trivially_copyable_v<NormaliserState>);

/// One mapped decoding time.
struct Output {
    std::int64_t dts_ms = 0;
    bool discontinuity = false;  ///< the input jumped here; not set for the track that follows
};

/// Turns a publisher's 32-bit timestamps into one rising 64-bit clock for both tracks; an FLV tag
/// carries its low 32 bits. Ordinary steps, pauses that the arrival clock confirms and the wrap at
/// 2^32 keep their exact differences. A step back of more than 1 s, or ahead of the arrival clock
/// by more than 3 s, is a jump: the output goes on where it was. When the other track makes the
/// same jump it joins the first one's mapping, so sound and picture stay together. Decoder
/// configurations and metadata carry any timestamp encoders like: don't push them, give them
/// last_ms().
class TimestampNormaliser {
public:
    /// `state` must outlive the normaliser.
    explicit TimestampNormaliser(NormaliserState& state) : state_(state) {}

    /// A new or resumed publisher: forgets its clock. The first output will be `out_ms`, which must
    /// not be below what was put out before. Without this call a new stream's first output is its
    /// first input.
    void begin_at(std::int64_t out_ms);

    /// Maps the decoding time of a frame that arrived at `mono_ms`. Outputs never fall, across both
    /// tracks. A script tag gets the newest output and leaves no trace.
    Output push(TagType track, std::uint32_t in_ms, std::int64_t mono_ms);

    /// The newest output; before the first one, where the stream will begin.
    std::int64_t last_ms() const { return state_.last_ms; }

private:
    Output first_of_track(NormaliserTrack& track, const NormaliserTrack& other,
                          std::uint32_t in_ms);
    Output next_of_track(NormaliserTrack& track, const NormaliserTrack& other, std::uint32_t in_ms,
                         std::int64_t mono_ms);
    bool may_join(const NormaliserTrack& other, std::uint32_t in_ms) const;
    Output go_on(NormaliserTrack& track, std::int64_t in);
    Output remap(NormaliserTrack& track, std::int64_t in, std::int64_t offset);

    NormaliserState& state_;
};

}  // namespace sluice::flv
