#pragma once

#include <cstdint>

namespace sluice::ingest {

/// Measures a track's frame rate and bit rate over windows of about two seconds of media time.
class TrackMeter {
public:
    /// Counts a frame of `bytes` at media time `dts_ms`. True when a window ended and the rates are
    /// new.
    bool count(std::int64_t dts_ms, std::uint64_t bytes);

    float frames_per_second() const { return fps_; }
    std::uint32_t bits_per_second() const { return bps_; }

private:
    static constexpr std::int64_t kWindowMs = 2000;

    std::int64_t start_ms_ = -1;
    std::uint64_t bytes_ = 0;
    std::uint32_t frames_ = 0;
    float fps_ = 0;
    std::uint32_t bps_ = 0;
};

}  // namespace sluice::ingest
