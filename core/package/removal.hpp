#pragma once

#include "rack.hpp"
#include "segment_files.hpp"
#include "window.hpp"

namespace sluice::package {

/// Removes the oldest segment of a lane, and its file.
void remove_first(Hold& hold, const SegmentFiles& files, Lane lane);

/// Removes periods that no segment belongs to any more.
void remove_old_periods(Hold& hold, const SegmentFiles& files);

/// Before a period begins: of a stream that changes all the time, the oldest goes sooner than told.
void make_room_for_period(Hold& hold, const SegmentFiles& files);

}  // namespace sluice::package
