#include "multivariant.hpp"

#include <algorithm>
#include <string_view>

#include "frame_rate.hpp"
#include "track_address.hpp"

namespace sluice::package {
namespace {

void describe(hls::Variant& variant, const TrackFacts& video)
{
    variant.width = video.width;
    variant.height = video.height;
    if (video.timescale != 0) variant.fps = frame_rate(video.frame).value();
}

std::string playlist_of(const Window& window, std::string_view track)
{
    return track_folder(window.name_text(), track) + "/index.m3u8";
}

std::optional<hls::Multivariant> over_cmaf(const Window& window, const Period& period)
{
    const bool video = period.video.timescale != 0;
    const auto lead = video ? Lane::video : Lane::audio;
    if (window.of(lead).empty()) return std::nullopt;
    auto playlist =
        multivariant_over(period.video, period.audio,
                          {{{rate_of(window, Lane::video), rate_of(window, Lane::audio)}}},
                          {playlist_of(window, "v"), playlist_of(window, "a")});
    playlist.independent_segments = all_independent(window, lead);
    return playlist;
}

std::optional<hls::Multivariant> over_transport(const Window& window, const Period& period)
{
    if (window.transport_target_s == 0 || window.of(Lane::transport).empty()) return std::nullopt;
    const auto rate = rate_of(window, Lane::transport);
    hls::Multivariant playlist;
    hls::Variant variant{.uri = "live.m3u8",
                         .peak_bps = std::max<std::uint64_t>(rate.peak, 1),
                         .average_bps = rate.average,
                         .codecs = joined_codecs(period.transport_video, period.transport_audio)};
    describe(variant, period.transport_video);
    playlist.independent_segments = all_independent(window, Lane::transport);
    playlist.variants.push_back(variant);
    return playlist;
}

}  // namespace

std::string joined_codecs(const TrackFacts& video, const TrackFacts& audio)
{
    const std::string picture = video.codecs;
    const std::string sound = audio.codecs;
    return picture + (picture.empty() || sound.empty() ? "" : ",") + sound;
}

bool all_independent(const Window& window, Lane kind)
{
    const auto& lane = window.of(kind);
    for (auto i = first_listed(window, kind); i < lane.end; ++i) {
        if (!lane.at(i).independent) return false;
    }
    return true;
}

hls::Multivariant multivariant_over(const TrackFacts& video, const TrackFacts& audio,
                                    const LaneRates& rates, const std::array<std::string, 2>& uris)
{
    const bool picture = video.timescale != 0;
    const bool sound = audio.timescale != 0;
    const auto sum = [&](std::uint64_t LaneRate::*rate) {
        return (picture ? rates.of[0].*rate : 0) + (sound ? rates.of[1].*rate : 0);
    };
    hls::Multivariant playlist;
    hls::Variant variant{.uri = picture ? uris[0] : uris[1],
                         .peak_bps = std::max<std::uint64_t>(sum(&LaneRate::peak), 1),
                         .average_bps = sum(&LaneRate::average),
                         .codecs = joined_codecs(video, audio)};
    describe(variant, video);
    if (picture && sound) {
        variant.audio = "audio";
        playlist.audio.push_back(
            {.group = "audio", .name = "Audio", .uri = uris[1], .channels = audio.channels});
    }
    playlist.variants.push_back(variant);
    return playlist;
}

std::optional<hls::Multivariant> multivariant(const Window& window)
{
    if (window.end_period == window.first_period) return std::nullopt;
    const auto& period = window.period_at(window.end_period - 1);
    if (period.video.timescale != 0 || period.audio.timescale != 0)
        return over_cmaf(window, period);
    return over_transport(window, period);
}

}  // namespace sluice::package
