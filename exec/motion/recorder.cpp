#include "recorder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/motion/clip_name.hpp"

namespace sluice::motion {
namespace {

constexpr std::size_t kMemoryBytes = 64u << 20;
constexpr std::int64_t kShortestCalmMs = 5000;
constexpr auto kEver = std::numeric_limits<std::int64_t>::max();

}  // namespace

Recorder::Recorder(const Options& options, Reports& reports, Workshop& workshop)
    : options_(options), reports_(reports), workshop_(workshop), memory_(kMemoryBytes)
{}

void Recorder::set_tracks(const Tracks& tracks)
{
    finish();
    tracks_ = tracks;
    memory_ = Memory(kMemoryBytes);
    looked_ms_.reset();
    moved_ms_.reset();
    cut_ms_ = std::numeric_limits<std::int64_t>::min();
}

void Recorder::take(const Unit& unit, std::int64_t utc_ms)
{
    if (unit.at_ms < newest_ms_ - options_.max_ms) set_tracks(Tracks(tracks_));
    newest_ms_ = unit.at_ms;
    utc_offset_ms_ = utc_ms - unit.at_ms;
    // Looks come late, or key frames are far apart: what is about to be forgotten is written first.
    if (clip_ && memory_.full(unit.data.size())) write_until(kEver);
    memory_.add(unit);
}

void Recorder::looked(std::int64_t at_ms, double percent)
{
    percent_ = percent;
    const bool moving = percent >= options_.area;
    if (moving) {
        if (!moved_ms_) reports_.motion_started(at_ms + utc_offset_ms_, percent);
        moved_ms_ = at_ms;
    }
    advance(at_ms, moving);
    if (clip_ && begun_at_ms_ == at_ms) workshop_.picture(clip_->part(), at_ms - clip_->start_ms());
    if (clip_) most_percent_ = std::max(most_percent_, percent);
    const auto calm_ms = std::max(2 * options_.interval_ms, kShortestCalmMs);
    if (moved_ms_ && at_ms - *moved_ms_ >= calm_ms) {
        if (clip_) end_clip();
        moved_ms_.reset();
    }
    looked_ms_ = at_ms;
    memory_.forget_before(at_ms - options_.before_ms);
}

void Recorder::finish()
{
    if (!clip_) return;
    advance(newest_ms_, moved_ms_ == looked_ms_);
    if (clip_) end_clip();
}

/// Brings what is recorded up to there. A clip that became too long is followed by the next while
/// something moves.
void Recorder::advance(std::int64_t until_ms, bool moving)
{
    if (clip_) write_until(until_ms);
    if (moving && !clip_ && begin_clip(until_ms)) write_until(until_ms);
}

/// From a key frame before the last look, when nothing had moved yet.
bool Recorder::begin_clip(std::int64_t at_ms)
{
    const auto from = std::min(at_ms - options_.before_ms, looked_ms_.value_or(at_ms));
    const auto first = memory_.key_before(std::max(from, cut_ms_));
    if (!first) return false;
    std::optional<Unit> key;
    memory_.read(*first, [&](const Unit& unit) {
        key = unit;
        return false;
    });
    const auto name = clip_name(key->at_ms + utc_offset_ms_, [&](const std::string& taken) {
        std::error_code error;
        return std::filesystem::exists(options_.folder / (taken + ".mp4"), error) ||
               std::filesystem::exists(options_.folder / (taken + PartFile::kEnding), error);
    });
    auto part = PartFile::create(options_.folder, name);
    if (!part) {
        give_up(part.error());
        return false;
    }
    clip_.emplace(std::move(*part), tracks_, *key);
    first_ = next_ = *first;
    begun_at_ms_ = at_ms;
    most_percent_ = percent_;
    return true;
}

void Recorder::write_until(std::int64_t at_ms)
{
    std::optional<std::int64_t> cut;
    next_ = memory_.read(next_, [&](const Unit& unit) {
        if (unit.at_ms > at_ms) return false;
        if (must_cut(unit)) {
            cut = unit.at_ms;
            return false;
        }
        clip_->add(unit);
        return true;
    });
    if (!clip_->flush()) return give_up(clip_->part()->path().string() + ": " + strerror(errno));
    disk_complained_ = false;
    if (!cut) return;
    cut_ms_ = *cut;
    end_clip();
}

/// The next one begins with a key frame, which has to lie inside of this one.
bool Recorder::must_cut(const Unit& unit) const
{
    return unit.at_ms - clip_->start_ms() >= options_.max_ms && unit.at_ms > begun_at_ms_ &&
           memory_.key_before(unit.at_ms).value_or(first_) > first_;
}

void Recorder::end_clip()
{
    workshop_.finish(clip_->part(), {.started_ms = clip_->start_ms() + utc_offset_ms_,
                                     .duration_ms = clip_->duration_ms(),
                                     .percent = most_percent_});
    clip_.reset();
}

/// The disk takes no more: looks go on, and the next motion tries again.
void Recorder::give_up(const std::string& why)
{
    if (!disk_complained_) complain(why);
    disk_complained_ = true;
    if (clip_) {
        std::error_code ignored;
        std::filesystem::remove(clip_->part()->path(), ignored);
    }
    clip_.reset();
}

}  // namespace sluice::motion
