#include "track_meter.hpp"

#include <algorithm>

namespace sluice::ingest {

bool TrackMeter::count(std::int64_t dts_ms, std::int64_t mono_ms, std::uint64_t bytes)
{
    const auto passed = std::max(dts_ms - start_ms_, mono_ms - start_mono_ms_);
    if (start_ms_ < 0 || dts_ms < start_ms_) {
        start_ms_ = dts_ms;
        start_mono_ms_ = mono_ms;
        frames_ = 0;
        bytes_ = 0;
    } else if (passed >= kWindowMs) {
        // The window holds the frames from its first one up to this one, which opens the next.
        fps_ = static_cast<float>(frames_) * 1000.0F / static_cast<float>(passed);
        bps_ = static_cast<std::uint32_t>(bytes_ * 8 * 1000 / static_cast<std::uint64_t>(passed));
        start_ms_ = dts_ms;
        start_mono_ms_ = mono_ms;
        frames_ = 1;
        bytes_ = bytes;
        return true;
    }
    ++frames_;
    bytes_ += bytes;
    return false;
}

}  // namespace sluice::ingest
