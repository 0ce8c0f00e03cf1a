#include "programme_switch.hpp"

#include <algorithm>

namespace sluice::hook {

void ProgrammeSwitch::want(std::optional<Source> source)
{
    wanted_ = source;
    if (!wanted_) shown_.reset();
}

void ProgrammeSwitch::lost(Source source)
{
    if (shown_ == source) shown_.reset();
}

bool ProgrammeSwitch::begins(const Frame& frame) const
{
    return !shown_ && wanted_ == frame.from && frame.video && frame.key &&
           frame.dts_ms > last_video_ms_;
}

bool ProgrammeSwitch::passes(const Frame& frame)
{
    if (shown_ == frame.from && wanted_ != shown_ && frame.video && frame.key) shown_.reset();
    if (begins(frame)) {
        shown_ = frame.from;
        audio_after_ms_ = last_audio_ms_;
    }
    if (shown_ != frame.from) return false;
    if (!frame.video && frame.dts_ms <= audio_after_ms_) return false;
    auto& last = frame.video ? last_video_ms_ : last_audio_ms_;
    last = std::max(last, frame.dts_ms);
    return true;
}

}  // namespace sluice::hook
