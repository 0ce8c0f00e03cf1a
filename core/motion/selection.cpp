#include "selection.hpp"

#include <algorithm>

namespace sluice::motion {

bool Selection::take(bool key, std::int64_t at_ms)
{
    if (key) return take_key(at_ms);
    // It doesn't come when it should: by the next one it is known how far they are apart.
    if (last_key_ms_ && at_ms - *last_key_ms_ > interval_ms_) gop_ms_ = 0;
    if (!decodable_) return false;
    if (!keys_suffice() && followers_ == 0) return true;
    if (followers_ > 0) --followers_;
    decodable_ = followers_ > 0;
    return true;
}

void Selection::wait_for_key()
{
    decodable_ = false;
    followers_ = 0;
}

bool Selection::take_key(std::int64_t at_ms)
{
    measure(at_ms);
    followers_ = 0;
    decodable_ = !keys_suffice() || !taken_ms_ || at_ms < *taken_ms_ ||
                 at_ms - *taken_ms_ >= interval_ms_ - gop_ms_ / 2;
    if (!decodable_) return false;
    taken_ms_ = at_ms;
    if (keys_suffice()) followers_ = kFollowers;
    return true;
}

void Selection::measure(std::int64_t at_ms)
{
    if (last_key_ms_ && at_ms > *last_key_ms_) {
        distances_.at(measured_++ % kRemembered) = at_ms - *last_key_ms_;
        gop_ms_ = *std::ranges::max_element(distances_);
    }
    last_key_ms_ = at_ms;
}

}  // namespace sluice::motion
