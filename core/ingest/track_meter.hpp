#pragma once

#include <cstdint>

namespace sluice::ingest {

/// Measures a track's frame rate and bit rate over windows of about two seconds. The longer of
/// media time and arrival time counts: a burst is no higher rate, and media that arrives slower
/// than it plays is a lower one.
class TrackMeter {
public:
    static constexpr std::int64_t kWindowMs = 2000;

    /// Counts a frame of `bytes` at media time `dts_ms` that arrived at `mono_ms`. True when a
    /// window ended and the rates are new.
    bool count(std::int64_t dts_ms, std::int64_t mono_ms, std::uint64_t bytes);

    float frames_per_second() const { return fps_; }
    std::uint32_t bits_per_second() const { return bps_; }

private:
    std::int64_t start_ms_ = -1;
    std::int64_t start_mono_ms_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint32_t frames_ = 0;
    float fps_ = 0;
    std::uint32_t bps_ = 0;
};

}  // namespace sluice::ingest
