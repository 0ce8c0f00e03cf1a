#include "core/flv/timestamp_normaliser.hpp"

#include <algorithm>
#include <cstdlib>

namespace sluice::flv {
namespace {

constexpr std::int64_t kMaxBackward = 1000;  // more is a reset, less is interleaving
constexpr std::int64_t kMaxAhead = 3000;     // of the arrival clock
constexpr std::int64_t kMaxApart = 1000;  // tracks that are this close in the input share a clock
constexpr std::int64_t kMaxGap = 1000;    // that a jump may leave in the output
constexpr std::int64_t kFollowWithin = 5000;  // arrival time between the jumps of two tracks

/// The shortest way from `from` to a 32-bit timestamp, whatever wraps lie between.
std::int64_t distance(std::int64_t from, std::uint32_t to)
{
    return static_cast<std::int32_t>(to - static_cast<std::uint32_t>(from));
}

/// Whether a step of this size is the same jump that `other` made a moment ago.
bool repeats_jump(const NormaliserTrack& other, std::int64_t size, std::int64_t mono_ms)
{
    if (other.jump_ms == 0 || mono_ms - other.jumped_at_ms > kFollowWithin) return false;
    const auto tolerance = std::min(kMaxApart, std::abs(other.jump_ms) / 2);
    return std::abs(size - other.jump_ms) <= tolerance;
}

}  // namespace

void TimestampNormaliser::begin_at(std::int64_t out_ms)
{
    state_ = NormaliserState{.last_ms = out_ms, .begin_ms = out_ms, .begins = true};
}

Output TimestampNormaliser::push(TagType type, std::uint32_t in_ms, std::int64_t mono_ms)
{
    if (type == TagType::script) return {state_.last_ms, false};

    auto& track = type == TagType::audio ? state_.audio : state_.video;
    const auto& other = type == TagType::audio ? state_.video : state_.audio;
    const auto out = track.seen ? next_of_track(track, other, in_ms, mono_ms)
                                : first_of_track(track, other, in_ms);
    track.seen = true;
    track.mono_ms = mono_ms;
    return out;
}

Output TimestampNormaliser::first_of_track(NormaliserTrack& track, const NormaliserTrack& other,
                                           std::uint32_t in_ms)
{
    if (!other.seen) {
        const std::int64_t begin = state_.begins ? state_.begin_ms : in_ms;
        state_.last_ms = begin;
        return remap(track, in_ms, begin - in_ms);
    }
    const auto apart = distance(other.in_ms, in_ms);
    const auto in = other.in_ms + apart;
    if (std::abs(apart) <= kMaxAhead) return remap(track, in, other.offset_ms);
    // The tracks come from different clocks: arrival is all there is to line them up.
    return remap(track, in, state_.last_ms - in);
}

Output TimestampNormaliser::next_of_track(NormaliserTrack& track, const NormaliserTrack& other,
                                          std::uint32_t in_ms, std::int64_t mono_ms)
{
    const auto step = distance(track.in_ms, in_ms);
    const auto in = track.in_ms + step;
    const auto elapsed = std::max<std::int64_t>(0, mono_ms - track.mono_ms);
    // The top counts too, or many small steps back would add up to a track that stands still.
    const auto drop = std::max(-step, track.top_ms - (in + track.offset_ms));
    const bool jump = drop > kMaxBackward || step - elapsed > kMaxAhead;
    const auto size = step - track.step_ms;

    if ((jump || repeats_jump(other, size, mono_ms)) && may_join(other, in_ms)) {
        return remap(track, other.in_ms + distance(other.in_ms, in_ms), other.offset_ms);
    }
    if (!jump) {
        if (step > 0 && step <= kMaxGap) track.step_ms = step;
        return go_on(track, in);
    }
    track.jump_ms = size;
    track.jumped_at_ms = mono_ms;
    const auto next = track.top_ms + std::max(track.step_ms, std::min(elapsed, kMaxGap));
    auto out = remap(track, in, std::max(next, state_.last_ms) - in);
    out.discontinuity = true;
    return out;
}

/// Whether the other track's mapping explains this input: near it in time, and not far off what was
/// put out.
bool TimestampNormaliser::may_join(const NormaliserTrack& other, std::uint32_t in_ms) const
{
    if (!other.seen) return false;
    const auto apart = distance(other.in_ms, in_ms);
    const auto lead = other.in_ms + apart + other.offset_ms - state_.last_ms;
    return std::abs(apart) <= kMaxApart && lead <= kMaxAhead && lead >= -kMaxAhead - kMaxApart;
}

Output TimestampNormaliser::go_on(NormaliserTrack& track, std::int64_t in)
{
    const auto mapped = in + track.offset_ms;
    track.in_ms = in;
    track.top_ms = std::max(track.top_ms, mapped);
    state_.last_ms = std::max(state_.last_ms, mapped);
    return {state_.last_ms, false};
}

Output TimestampNormaliser::remap(NormaliserTrack& track, std::int64_t in, std::int64_t offset)
{
    track.offset_ms = offset;
    track.top_ms = in + offset;
    return go_on(track, in);
}

}  // namespace sluice::flv
