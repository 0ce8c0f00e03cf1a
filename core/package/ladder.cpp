#include "ladder.hpp"

#include <algorithm>

#include "core/channel/stream_name.hpp"
#include "frame_rate.hpp"
#include "multivariant.hpp"

namespace sluice::package {
namespace {

constexpr const char* kSound = "audio";

const Period* newest_period(const Window& window)
{
    if (window.end_period == window.first_period) return nullptr;
    return &window.period_at(window.end_period - 1);
}

bool has_whole(const LaneWindow& lane)
{
    const auto end = end_of_complete(lane);
    return end != lane.first && !lane.at(end - 1).gap;
}

}  // namespace

Ladder::Ladder(const Window& programme)
{
    const auto* period = newest_period(programme);
    cmaf_ = programme.cmaf;
    if (period == nullptr || !cmaf_) return;
    sound_ = period->audio;
    sound_rate_ = rate_of(programme, Lane::audio);
}

void Ladder::add(const Window& rendition)
{
    const auto* period = newest_period(rendition);
    const auto kind = cmaf_ ? Lane::video : Lane::transport;
    if (period == nullptr || !has_whole(rendition.of(kind))) return;
    if (!cmaf_ && rendition.transport_target_s == 0) return;
    const auto& picture = cmaf_ ? period->video : period->transport_video;
    if (picture.timescale == 0) return;
    const auto& sound = cmaf_ ? sound_ : period->transport_audio;
    const auto rate = rate_of(rendition, kind);
    const bool apart = cmaf_ && sound_.timescale != 0;
    const auto name = std::string(channel::rendition_of(rendition.name_text()));
    variants_.push_back(
        {.uri = cmaf_ ? "s/" + name + "-v/index.m3u8" : name + "/live.m3u8",
         .peak_bps = std::max<std::uint64_t>(rate.peak + (apart ? sound_rate_.peak : 0), 1),
         .average_bps = rate.average + (apart ? sound_rate_.average : 0),
         .codecs = joined_codecs(picture, sound),
         .width = picture.width,
         .height = picture.height,
         .fps = frame_rate(picture.frame).value(),
         .audio = apart ? kSound : ""});
    independent_ = independent_ && all_independent(rendition, kind);
}

std::optional<hls::Multivariant> Ladder::playlist() const
{
    if (variants_.empty()) return std::nullopt;
    hls::Multivariant playlist;
    playlist.variants = variants_;
    playlist.independent_segments = independent_;
    std::ranges::stable_sort(playlist.variants, {}, &hls::Variant::peak_bps);
    if (cmaf_ && sound_.timescale != 0) {
        playlist.audio.push_back({.group = kSound,
                                  .name = "Audio",
                                  .uri = "s/a/index.m3u8",
                                  .channels = sound_.channels});
    }
    return playlist;
}

bool is_settled(const Window& programme)
{
    constexpr std::uint64_t kSegments = 3;
    return std::ranges::any_of(programme.lane, [](const LaneWindow& lane) {
        return end_of_complete(lane) - lane.first >= kSegments;
    });
}

}  // namespace sluice::package
