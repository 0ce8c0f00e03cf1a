#include "drift_meter.hpp"

#include <cstdlib>

namespace sluice::ingest {
namespace {

// Every frame of both tracks is a sample, about 70 a second: half of a new drift shows after 0.7 s.
constexpr float kWeight = 1.0F / 64;

/// Encoders that send a second of one track at once exist.
constexpr std::int64_t kStoppedAfterMs = 2000;

}  // namespace

void DriftMeter::count(const flv::NormaliserState& clock)
{
    const auto& audio = clock.audio;
    const auto& video = clock.video;
    if (!audio.seen || !video.seen) return;
    if (std::abs(audio.mono_ms - video.mono_ms) > kStoppedAfterMs) return;
    const auto now =
        static_cast<float>(audio.in_ms + audio.offset_ms - video.in_ms - video.offset_ms);
    ms_ = seen_ ? ms_ + (now - ms_) * kWeight : now;
    seen_ = true;
}

}  // namespace sluice::ingest
