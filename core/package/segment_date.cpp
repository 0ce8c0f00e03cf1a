#include "segment_date.hpp"

#include "core/media/track.hpp"

namespace sluice::package {

std::int64_t date_ms(const Period& period, Lane lane, const SegmentEntry& segment)
{
    const std::int64_t timescale = timescale_of(period, lane);
    if (timescale == 0) return 0;
    return wall_ms_at(period, segment.time * media::kVideoTimescale / timescale);
}

}  // namespace sluice::package
