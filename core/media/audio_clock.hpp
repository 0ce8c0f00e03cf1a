#pragma once

#include <cstdint>

namespace sluice::media {

/// Turns the milliseconds of FLV into samples: frames follow each other without a gap, as they were
/// coded. An encoder whose sampling clock and timestamps part from each other is followed a few
/// samples a frame; where more than a tenth of a second is missing or too much, its milliseconds
/// are taken.
class AudioClock {
public:
    /// `rate`: samples per second, > 0.
    explicit AudioClock(std::uint32_t rate) : rate_(rate) {}

    /// The time of a frame of `samples`, not before the end of the last one unless the encoder's
    /// own times fall.
    std::int64_t place(std::int64_t dts_ms, std::uint32_t samples);

private:
    std::int64_t rate_;
    std::int64_t next_ =
        -1;  ///< where the frame that follows the last one belongs; −1: nowhere yet
};

}  // namespace sluice::media
