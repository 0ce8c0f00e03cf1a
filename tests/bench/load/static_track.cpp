#include "static_track.hpp"

namespace sluice::bench {

Ask StaticTrack::next(std::int64_t now_us)
{
    if (part_next_) return {base_ + ".m4s", AskKind::part};
    if (tick_us_ == 0) tick_us_ = (now_us / every_us_ + 1) * every_us_ + offset_us_;
    return {base_ + ".m3u8", AskKind::reload, tick_us_};
}

Result<void> StaticTrack::take(View, std::int64_t now_us)
{
    part_next_ = !part_next_;
    if (part_next_) return {};
    playing_ = true;
    tick_us_ += every_us_;
    while (tick_us_ + every_us_ <= now_us) {
        tick_us_ += every_us_;
        ++missed_;
    }
    return {};
}

}  // namespace sluice::bench
