#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "rack.hpp"

namespace sluice::package {

/// How far times of the same picture may be apart in a programme and in its rendition, 90 kHz: half
/// a frame, which after a hole is no longer what was lost.
constexpr std::int64_t half_frame(std::uint32_t duration)
{
    constexpr std::uint32_t kLongest = 9'000;
    return std::min(duration, kLongest) / 2;
}

/// Where the segments of a programme begin: what its renditions go by, so that a player that
/// changes from one to the other finds the same segment under the same number. Reads the
/// programme's live window, whose owner may be any worker; what a rendition is made of was there
/// first.
class ProgrammeCuts {
public:
    /// `programme` must outlive it.
    explicit ProgrammeCuts(const StreamRack& programme) : programme_(&programme) {}

    struct Cut {
        std::uint64_t sequence = 0;
        std::int64_t presentation = 0;  ///< of its first picture, 90 kHz
        std::uint32_t period = 0;       ///< Period::number
    };

    /// The segments of a lane (video or transport) that begin behind number `after` and no later
    /// than `presentation`, in order; the last one holds what is seen then. Without `after`, that
    /// one alone. Empty: the programme has none.
    std::vector<Cut> until(Lane lane, std::optional<std::uint64_t> after,
                           std::int64_t presentation) const;

    /// Those behind `after` that are whole.
    std::vector<Cut> whole(Lane lane, std::uint64_t after) const;

    /// Nothing when it has no segments any more.
    std::optional<Period> period(std::uint32_t number) const;

    /// EXT-X-TARGETDURATION of its lanes; 0: not known yet.
    std::uint32_t target_s() const;
    std::uint32_t transport_target_s() const;

private:
    const StreamRack* programme_;
};

}  // namespace sluice::package
