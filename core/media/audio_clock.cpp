#include "audio_clock.hpp"

#include <algorithm>
#include <cstdlib>

namespace sluice::media {
namespace {

constexpr std::int64_t kMs = 1000;
constexpr std::int64_t kJump = 10;    // of a second, as 1/10
constexpr std::int64_t kQuiet = 100;  // 1/100 s: what rounding and interleaving may be off
constexpr std::int64_t kNudge = 128;  // of a frame, as 1/128: 0.8 %

}  // namespace

std::int64_t AudioClock::place(std::int64_t dts_ms, std::uint32_t samples)
{
    const auto stamped = dts_ms * rate_ / kMs;
    if (next_ < 0) next_ = stamped;
    const auto off = stamped - next_;
    if (off > rate_ / kJump) {
        next_ = stamped;
    } else if (std::abs(off) > rate_ / kQuiet) {
        const auto most = std::max<std::int64_t>(samples / kNudge, 1);
        next_ += std::clamp(off, -most, most);
    }
    const auto at = next_;
    next_ += samples;
    return at;
}

}  // namespace sluice::media
