#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::control::snapshot {

/// How long the next file waits for more changes. A file holds all channels, so under load it pays
/// to let those whose last change is in force now, and who will come again, share the next one with
/// those who wait already. A caller who is alone never waits.
class Pace {
public:
    using Clock = std::chrono::steady_clock;

    /// Longer than this nobody waits for others, however long a file takes.
    static constexpr std::chrono::milliseconds kLongest{200};

    /// A file took from `began` to `ended` and served `covered` calls; `waiting` more came
    /// meanwhile.
    void written(Clock::time_point began, Clock::time_point ended, std::uint64_t covered,
                 std::uint64_t waiting);

    /// Until when a file that `waiting` calls wait for is held back; in the past: not at all.
    Clock::time_point held_until(std::uint64_t waiting) const;

private:
    std::uint64_t expected_ = 0;  ///< calls that the next file could serve
    Clock::time_point rest_until_;
};

}  // namespace sluice::control::snapshot
