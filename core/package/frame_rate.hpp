#pragma once

#include <cstdint>
#include <string>

namespace sluice::package {

/// Frames per second as they are meant: ticks of 90 kHz can't say 24000/1001 exactly.
struct FrameRate {
    std::uint32_t frames = 0;
    std::uint32_t seconds = 1;

    double value() const { return static_cast<double>(frames) / seconds; }
    /// "25" or "30000/1001"; empty: there is no rate to tell.
    std::string text() const
    {
        if (frames == 0) return {};
        return seconds == 1 ? std::to_string(frames)
                            : std::to_string(frames) + '/' + std::to_string(seconds);
    }
};

/// Of frames that last so many ticks of 90 kHz; of 0 frames when that is no rate.
FrameRate frame_rate(std::uint32_t frame);

}  // namespace sluice::package
