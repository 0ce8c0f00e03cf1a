#include "returned.hpp"

#include <algorithm>
#include <utility>

#include "core/flv/message_writer.hpp"

namespace sluice::hook {
namespace {

using media::Kind;

constexpr std::int64_t kMs = 1000;

/// Rounded to the nearest.
std::int64_t to_ms(std::int64_t time, std::int64_t timescale)
{
    auto seconds = time / timescale;
    auto rest = time % timescale;
    if (rest < 0) {
        rest += timescale;
        --seconds;
    }
    return seconds * kMs + (rest * kMs + timescale / 2) / timescale;
}

flv::TagType type_of(const fmp4::MovieTrack& track)
{
    return track.track.kind == Kind::video ? flv::TagType::video : flv::TagType::audio;
}

std::vector<std::uint8_t> config_message(const media::Track& track)
{
    return track.kind == Kind::video ? flv::video_config_message(track.video, track.config)
                                     : flv::audio_config_message(track.audio, track.config);
}

}  // namespace

Result<void> Returned::take(std::span<const std::uint8_t> bytes, ReturnedSink& sink)
{
    sink_ = &sink;
    auto done = demuxer_.take(bytes, *this);
    sink_ = nullptr;
    return done;
}

void Returned::movie(std::span<const fmp4::MovieTrack> tracks)
{
    for (auto& lane : lanes_) lane.track.reset();
    left_out_ = 0;
    for (const auto& found : tracks) {
        auto& taken = lane(found.track.kind);
        if (!found.known || taken.track) {
            ++left_out_;
            continue;
        }
        taken.track = found;
        taken.wants_key = found.track.kind == Kind::video;
        auto config = config_message(found.track);
        if (config == taken.config) continue;
        taken.config = std::move(config);
        taken.wants_config = !taken.config.empty();
    }
}

Returned::Lane* Returned::lane_of(std::uint32_t track_id)
{
    for (auto& lane : lanes_) {
        if (lane.track && lane.track->id == track_id) return &lane;
    }
    return nullptr;
}

void Returned::sample(const fmp4::DemuxedSample& sample)
{
    if (early_.empty() && sample.us <= sample.rest_us) {
        take_in_time(sample);
        return;
    }
    hold(sample);
    while (!early_.empty() &&
           (early_.front().facts.us <= sample.rest_us || early_bytes_ > kMostHeld)) {
        const auto& first = early_.front();
        auto facts = first.facts;
        facts.data = first.data;
        take_in_time(facts);
        early_bytes_ -= first.data.size();
        early_.pop_front();
    }
}

void Returned::hold(const fmp4::DemuxedSample& sample)
{
    const auto place = std::ranges::upper_bound(early_, sample.us, {},
                                                [](const Early& early) { return early.facts.us; });
    early_.insert(place, {sample, {sample.data.begin(), sample.data.end()}});
    early_bytes_ += sample.data.size();
}

void Returned::take_in_time(const fmp4::DemuxedSample& sample)
{
    auto* const found = lane_of(sample.track_id);
    if (found == nullptr) return;
    const auto dts_ms = to_ms(sample.dts, found->track->track.timescale) - offset_ms_;
    const bool video = found->track->track.kind == Kind::video;
    if (dts_ms < 0 || (found->wants_key && !sample.sync)) {
        found->wants_key = video;
        ++dropped_;
        return;
    }
    found->wants_key = false;
    give_configs(dts_ms);
    give(*found->track, sample, dts_ms);
}

void Returned::give_configs(std::int64_t dts_ms)
{
    for (auto& lane : lanes_) {
        if (!lane.track || !std::exchange(lane.wants_config, false)) continue;
        sink_->message({.type = type_of(*lane.track),
                        .dts_ms = dts_ms,
                        .head = lane.config,
                        .data = {},
                        .config = true});
    }
}

void Returned::give(const fmp4::MovieTrack& of, const fmp4::DemuxedSample& sample,
                    std::int64_t dts_ms)
{
    const auto& track = of.track;
    const bool video = track.kind == Kind::video;
    const auto pts_ms = to_ms(sample.dts + sample.composition, track.timescale) - offset_ms_;
    const auto composition_ms = static_cast<std::int32_t>(pts_ms - dts_ms);
    const auto head = video ? flv::video_frame_head(track.video, sample.sync, composition_ms)
                            : flv::audio_frame_head(track.audio);
    sink_->message({.type = type_of(of),
                    .dts_ms = dts_ms,
                    .head = head.bytes(),
                    .data = sample.data,
                    .key = video && sample.sync});
}

}  // namespace sluice::hook
