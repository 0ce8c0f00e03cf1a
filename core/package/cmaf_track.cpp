#include "cmaf_track.hpp"

namespace sluice::package {

bool CmafTrack::reaches(const media::AccessUnit& unit, const Boundary& boundary) const
{
    return unit.dts * media::kVideoTimescale >= boundary.time * timescale_;
}

CmafStep CmafTrack::add(const media::AccessUnit& unit)
{
    CmafStep step;
    // Only the newest that was reached counts: a track that was silent has no segments in between.
    while (!waiting_.empty() && reaches(unit, waiting_.front())) {
        step.began = waiting_.front();
        waiting_.erase(waiting_.begin());
    }
    if (step.began) step.last_chunk = finish();
    writer_.add(unit);
    if (writer_.full()) step.chunk = writer_.take();
    return step;
}

std::optional<Chunk> CmafTrack::finish()
{
    if (writer_.empty()) return std::nullopt;
    return writer_.take();
}

}  // namespace sluice::package
