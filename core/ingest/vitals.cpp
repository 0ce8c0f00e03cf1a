#include "vitals.hpp"

#include <algorithm>
#include <cmath>

#include "track_meter.hpp"

namespace sluice::ingest {
namespace {

constexpr std::int64_t kStoppedAfterMs = 2 * TrackMeter::kWindowMs;

/// Nothing for an arrival that has not been.
std::optional<std::int64_t> age_ms(std::uint64_t arrival_us, std::uint64_t now_us)
{
    if (arrival_us == 0) return std::nullopt;
    return static_cast<std::int64_t>(now_us - std::min(arrival_us, now_us)) / 1000;
}

bool runs(const std::optional<std::int64_t>& age)
{
    return age && *age < kStoppedAfterMs;
}

}  // namespace

Vitals vitals_of(const hub::Zone& zone, const hub::RingHeader& ring, const hub::PublishInfo& info,
                 std::uint64_t now_us)
{
    Vitals vitals;
    const auto video = age_ms(ring.video_us.load(std::memory_order_relaxed), now_us);
    const auto audio = age_ms(ring.audio_us.load(std::memory_order_relaxed), now_us);
    if (info.fps > 0) vitals.fps = runs(video) ? info.fps : 0;
    if (runs(video)) vitals.video_bps = info.video_bps;
    if (runs(audio)) vitals.audio_bps = info.audio_bps;
    if (runs(video) && runs(audio)) vitals.av_drift_ms = std::lround(info.drift_ms);

    if (const auto key = age_ms(ring.key_us.load(std::memory_order_relaxed), now_us))
        vitals.keyframe_interval_ms = std::max<std::int64_t>(info.gop_ms, *key);
    vitals.silence_ms = age_ms(ring.sound_us.load(std::memory_order_relaxed), now_us);
    const auto head = ring.head_seq.load(std::memory_order_acquire);
    if (head > ring.base_seq.load(std::memory_order_relaxed))
        vitals.last_tag_age_ms = age_ms(zone.descriptor(ring, head - 1).arrival_us, now_us);
    return vitals;
}

}  // namespace sluice::ingest
