#include "transport_lane.hpp"

#include <algorithm>

namespace sluice::package {
namespace {

constexpr std::size_t kFlushBytes = 128UL * 1024;
constexpr std::int64_t kSoundTogether = media::kVideoTimescale / 10;

}  // namespace

void TransportLane::reach(std::int64_t end)
{
    end_ = std::max(end_, end);
}

std::int64_t TransportLane::cut_at(const Boundary& boundary)
{
    std::int64_t length = 0;
    if (open_) {
        length = boundary.presentation - open_->presentation;
        flush_audio();
        flush();
        writer_.complete(length);
    }
    open_ = boundary;
    end_ = boundary.presentation;
    writer_.begin(boundary.sequence, boundary.presentation, boundary.independent);
    muxer_.append_tables(out_);
    return length;
}

void TransportLane::skip(const Boundary& boundary, std::int64_t end)
{
    if (open_) {
        flush_audio();
        flush();
        writer_.complete(boundary.presentation - open_->presentation);
        open_.reset();
    }
    writer_.gap(boundary.sequence, boundary.presentation,
                std::max<std::int64_t>(end - boundary.presentation, 1));
}

void TransportLane::add_video(const media::AccessUnit& unit)
{
    if (!open_ || !has_video_) return;
    // A picture that can't be read is left out; the others go on.
    if (!muxer_.append_video(unit, out_)) return;
    reach(unit.dts + unit.composition + unit.duration);
    if (out_.size() >= kFlushBytes) flush();
}

void TransportLane::add_audio(const media::AccessUnit& unit)
{
    if (!open_ || audio_timescale_ == 0) return;
    const auto time = unit.dts * media::kVideoTimescale / audio_timescale_;
    const auto waiting =
        sound_.empty() ? 0 : time - sound_.front().dts * media::kVideoTimescale / audio_timescale_;
    if (waiting >= kSoundTogether || waiting < 0) flush_audio();
    sound_.push_back(unit);
    sound_bytes_.insert(sound_bytes_.end(), unit.data.begin(), unit.data.end());
    reach(time + std::int64_t{unit.duration} * media::kVideoTimescale / audio_timescale_);
}

void TransportLane::flush_audio()
{
    if (sound_.empty()) return;
    std::size_t at = 0;
    for (auto& unit : sound_) {
        const auto size = unit.data.size();
        unit.data = std::span(sound_bytes_).subspan(at, size);
        at += size;
    }
    (void)muxer_.append_audio(sound_, out_);  // frames too long for ADTS are left out
    sound_.clear();
    sound_bytes_.clear();
}

void TransportLane::flush()
{
    if (out_.empty()) return;
    writer_.append(end_ - open_->presentation, {out_});
    out_.clear();
}

void TransportLane::finish()
{
    if (!open_) return;
    flush_audio();
    flush();
    writer_.complete(std::max<std::int64_t>(end_ - open_->presentation, 0));
    open_.reset();
}

}  // namespace sluice::package
