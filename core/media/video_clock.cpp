#include "video_clock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "track.hpp"

namespace sluice::media {
namespace {

constexpr std::int64_t kTick = kVideoTimescale / 1000;  // of a millisecond
// Rounded or cut off, a millisecond is off by less than one; encoders add a little of their own.
constexpr std::int64_t kJitter = kTick + 5;
constexpr std::int64_t kOffGrid = 2 * kTick;
constexpr std::int64_t kNudgePart = 512;   // a clock that is 0.2 % off is followed
constexpr std::int64_t kLongestGap = 100;  // frames that may be missing without leaving the grid
constexpr std::size_t kEnoughForHint = 4;  // frames that must agree with the headers
constexpr std::uint32_t kUnknown = 3000;   // 30 frames a second
constexpr std::uint32_t kLongest = 10 * kVideoTimescale;

}  // namespace

VideoClock::VideoClock(double fps) : hint_(standard(fps)) {}

double VideoClock::rate() const
{
    if (!rate_) return 0;
    return static_cast<double>(rate_->frames) / static_cast<double>(rate_->seconds);
}

/// The rate that is meant: one of television, or a whole number.
std::optional<VideoClock::Rate> VideoClock::standard(double fps)
{
    if (!(fps >= 1) || fps > 240) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(std::lround(fps));
    const double television = static_cast<double>(whole) * 1000 / 1001;
    if (std::abs(fps - television) < std::abs(fps - static_cast<double>(whole))) {
        return Rate{whole * 1000, 1001};
    }
    return Rate{whole, 1};
}

std::int64_t VideoClock::grid(const Rate& rate, std::int64_t index)
{
    return (index * kVideoTimescale * rate.seconds + rate.frames / 2) / rate.frames;
}

/// Whether all that is remembered stands on one grid of this rate.
bool VideoClock::fits(const Rate& rate) const
{
    const auto last = remembered_ - 1;
    for (std::size_t i = 0; i < last; ++i) {
        const auto before = (recent_[last] - recent_[i]) * kTick;
        const auto wanted = grid(rate, static_cast<std::int64_t>(last - i));
        if (std::abs(before - wanted) > kJitter) return false;
    }
    return true;
}

void VideoClock::remember(std::int64_t dts_ms)
{
    if (remembered_ == kWindow) {
        std::rotate(recent_.begin(), recent_.begin() + 1, recent_.end());
        --remembered_;
    }
    recent_[remembered_++] = dts_ms;
}

/// Half a second can't tell 60 from 59.94: the whole number is the likelier one where headers say
/// nothing, and costs a nudge now and then where it is wrong.
std::optional<VideoClock::Rate> VideoClock::measured() const
{
    const auto span = static_cast<double>(recent_[kWindow - 1] - recent_[0]) / 1000;
    if (span <= 0) return std::nullopt;
    const auto fps = (kWindow - 1) / span;
    const Rate whole{std::lround(fps), 1};
    if (whole.frames >= 1 && fits(whole)) return whole;
    const auto television = standard(fps);
    return television && fits(*television) ? television : std::nullopt;
}

void VideoClock::look_for_rate()
{
    if (hint_ && remembered_ >= kEnoughForHint && fits(*hint_)) {
        rate_ = hint_;
    } else if (remembered_ == kWindow) {
        rate_ = measured();
    }
    if (!rate_) return;
    anchor_ = std::max(recent_[remembered_ - 1] * kTick, last_dts_ + 1);
    index_ = 0;
}

/// Sets index_ to the place on the grid that is meant; false when none is.
bool VideoClock::stay_on_grid(std::int64_t time)
{
    for (std::int64_t skipped = 0; skipped < kLongestGap; ++skipped) {
        const auto off = time - (anchor_ + grid(*rate_, index_ + skipped));
        if (off < -kOffGrid) return false;
        if (off > kOffGrid) continue;
        index_ += skipped;
        const auto nudge = grid(*rate_, 1) / kNudgePart + 1;
        if (std::abs(off) > kJitter) anchor_ += off > 0 ? nudge : -nudge;
        return true;
    }
    return false;
}

VideoClock::Time VideoClock::on_grid()
{
    const auto dts = anchor_ + grid(*rate_, index_);
    ++index_;
    const auto next = anchor_ + grid(*rate_, index_);
    return {dts, static_cast<std::uint32_t>(next - dts)};
}

/// The best guess of a duration is that of the frame before.
VideoClock::Time VideoClock::off_grid(std::int64_t time)
{
    auto duration = last_duration_;
    if (last_dts_ >= 0 && time > last_dts_) {
        duration = static_cast<std::uint32_t>(std::min<std::int64_t>(time - last_dts_, kLongest));
    }
    if (duration == 0) {
        duration = hint_ ? static_cast<std::uint32_t>(grid(*hint_, 1)) : kUnknown;
    }
    return {time, duration};
}

VideoClock::Time VideoClock::place(std::int64_t dts_ms)
{
    const auto time = dts_ms * kTick;
    remember(dts_ms);
    if (rate_ && !stay_on_grid(time)) {
        rate_.reset();
        recent_[0] = dts_ms;
        remembered_ = 1;
    }
    if (!rate_) look_for_rate();
    auto placed = rate_ ? on_grid() : off_grid(time);
    placed.dts = std::max(placed.dts, last_dts_ + 1);
    last_dts_ = placed.dts;
    last_duration_ = placed.duration;
    return placed;
}

}  // namespace sluice::media
