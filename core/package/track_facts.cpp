#include "track_facts.hpp"

#include <cstring>

#include "core/codec/description.hpp"
#include "part_target.hpp"

namespace sluice::package {

std::uint64_t part_units(const media::Track& track, std::uint32_t part_ms, std::uint32_t frame)
{
    return part_target(std::uint64_t{part_ms} * track.timescale / 1000, frame);
}

TrackFacts track_facts(const media::Track* track, std::uint32_t part_ms, std::uint32_t frame)
{
    TrackFacts facts{};
    if (track == nullptr) return facts;
    facts.timescale = track->timescale;
    facts.frame = frame;
    const auto units = part_units(*track, part_ms, frame);
    facts.part_target_us =
        static_cast<std::uint32_t>((units * 1'000'000 + track->timescale - 1) / track->timescale);
    if (track->kind == media::Kind::video) {
        facts.width = track->width;
        facts.height = track->height;
        const auto described = codec::describe_video(track->video, track->config);
        if (described) std::memcpy(facts.codecs, described->codec_string, sizeof(facts.codecs));
        return facts;
    }
    const auto described = codec::describe_audio(track->audio, track->config);
    if (!described) return facts;
    std::memcpy(facts.codecs, described->codec_string, sizeof(described->codec_string));
    facts.sample_rate = described->sample_rate;
    facts.channels = described->channels;
    return facts;
}

}  // namespace sluice::package
