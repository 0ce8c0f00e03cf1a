#include "cmaf_track.hpp"

#include <utility>

namespace sluice::package {

bool CmafTrack::reaches(const media::AccessUnit& unit, const Boundary& boundary) const
{
    // Sound belongs to the picture that is seen with it.
    const auto time = kind_ == media::Kind::video ? boundary.time : boundary.presentation;
    return unit.dts * media::kVideoTimescale >= time * timescale_;
}

std::optional<Missed> CmafTrack::cut_at(const Boundary& boundary)
{
    const auto before = std::exchange(waiting_, boundary);
    if (!before) return std::nullopt;
    open_ = false;
    return Missed{.last_chunk = finish(), .boundary = *before};
}

std::optional<Chunk> CmafTrack::skip()
{
    waiting_.reset();
    open_ = false;
    return finish();
}

CmafStep CmafTrack::add(const media::AccessUnit& unit)
{
    CmafStep step;
    if (waiting_ && reaches(unit, *waiting_)) {
        step.last_chunk = finish();
        step.began = std::exchange(waiting_, std::nullopt);
        open_ = true;
    }
    if (!open_) return step;
    step.late = writer_.add(unit);
    if (writer_.full()) step.chunk = writer_.take();
    return step;
}

std::optional<Chunk> CmafTrack::finish()
{
    if (writer_.empty()) return std::nullopt;
    return writer_.take();
}

}  // namespace sluice::package
