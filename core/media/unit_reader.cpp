#include "unit_reader.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/codec/aac.hpp"
#include "core/codec/description.hpp"
#include "core/codec/frame_samples.hpp"

namespace sluice::media {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::int32_t kTick = kVideoTimescale / 1000;

// A temporal delimiter OBU with an empty payload: MP4 leaves it out (AV1 in ISOBMFF 2.4).
constexpr std::uint8_t kDelimiterObu = 0x12;

bool is_same(const std::vector<std::uint8_t>& kept, Bytes now)
{
    return std::ranges::equal(kept, now);
}

Bytes without_delimiter(flv::VideoCodec codec, Bytes data)
{
    const bool delimited = codec == flv::VideoCodec::av1 && data.size() >= 2 &&
                           data[0] == kDelimiterObu && data[1] == 0;
    return delimited ? data.subspan(2) : data;
}

/// In whole frames where that is what was meant: milliseconds round it.
std::int32_t composition(std::int32_t ms, std::uint32_t frame, bool steady)
{
    const auto ticks = ms * kTick;
    if (!steady || frame == 0) return ticks;
    const auto frames = std::lround(static_cast<double>(ticks) / frame);
    const auto whole = static_cast<std::int32_t>(frames * static_cast<long>(frame));
    return std::abs(whole - ticks) <= kTick ? whole : ticks;
}

/// Frames of HE-AAC are counted in samples of the core coder.
Result<std::uint32_t> timescale_of(flv::AudioCodec codec, Bytes config,
                                   const codec::AudioDescription& described)
{
    if (codec != flv::AudioCodec::aac) return described.sample_rate;
    return codec::parse_aac_config(config).map(
        [](const codec::AacConfig& aac) { return aac.sample_rate; });
}

}  // namespace

const Track* UnitReader::track(Kind kind) const
{
    const auto& track = kind == Kind::video ? video_ : audio_;
    return track ? &*track : nullptr;
}

Result<UnitReader::Found> UnitReader::video_config(flv::VideoCodec codec, Bytes config)
{
    Found found{.kind = Kind::video};
    if (video_ && video_->video == codec && is_same(video_->config, config)) return found;
    const auto described = codec::describe_video(codec, config);
    if (!described) return tl::unexpected(described.error());
    // A clock that began anew could place its first frame before the last one of the old clock.
    if (!video_) video_clock_ = VideoClock(described->fps > 0 ? described->fps : expected_fps_);
    video_ = Track{.kind = Kind::video,
                   .video = codec,
                   .config = {config.begin(), config.end()},
                   .timescale = kVideoTimescale,
                   .width = described->width,
                   .height = described->height};
    found.new_track = true;
    return found;
}

Result<UnitReader::Found> UnitReader::audio_config(flv::AudioCodec codec, Bytes config)
{
    Found found{.kind = Kind::audio};
    if (audio_ && audio_->audio == codec && is_same(audio_->config, config)) return found;
    const auto described = codec::describe_audio(codec, config);
    if (!described) return tl::unexpected(described.error());
    const auto timescale = timescale_of(codec, config, *described);
    if (!timescale) return tl::unexpected(timescale.error());
    if (*timescale == 0) return tl::unexpected(Error{Errc::malformed, "audio sampling rate"});
    if (!audio_ || audio_->timescale != *timescale) audio_clock_.emplace(*timescale);
    audio_ = Track{.kind = Kind::audio,
                   .audio = codec,
                   .config = {config.begin(), config.end()},
                   .timescale = *timescale,
                   .channels = described->channels};
    found.new_track = true;
    return found;
}

AccessUnit UnitReader::video_unit(const flv::VideoMessage& header, Bytes data, std::int64_t dts_ms)
{
    const auto time = video_clock_.place(dts_ms);
    const bool steady = video_clock_.rate() > 0;
    return {.dts = time.dts,
            .composition = composition(header.composition_ms, time.duration, steady),
            .duration = time.duration,
            .key = header.key_frame,
            .data = data};
}

Result<UnitReader::Found> UnitReader::read_video(Bytes body, std::int64_t dts_ms)
{
    const auto header = flv::parse_video_message(body);
    if (!header) return tl::unexpected(header.error());
    const auto data = body.subspan(header->body_offset);
    if (header->kind == flv::PacketKind::config) return video_config(header->codec, data);
    Found found{.kind = Kind::video};
    const bool ours = video_ && video_->video == header->codec;
    const auto picture = without_delimiter(header->codec, data);
    if (header->kind == flv::PacketKind::frame && ours && !picture.empty()) {
        found.unit = video_unit(*header, picture, dts_ms);
    }
    return found;
}

Result<UnitReader::Found> UnitReader::read_audio(Bytes body, std::int64_t dts_ms)
{
    const auto header = flv::parse_audio_message(body);
    if (!header) return tl::unexpected(header.error());
    const auto data = body.subspan(header->body_offset);
    if (header->kind == flv::PacketKind::config) return audio_config(header->codec, data);
    Found found{.kind = Kind::audio};
    if (header->kind != flv::PacketKind::frame || data.empty()) return found;
    // MP3 has no configuration but what each frame says.
    if (header->codec == flv::AudioCodec::mp3 && !audio_) {
        const auto first = audio_config(header->codec, data);
        if (!first) return first;
        found.new_track = true;
    }
    if (!audio_ || audio_->audio != header->codec) return found;
    const auto samples = codec::frame_samples(header->codec, audio_->timescale, data);
    if (samples == 0) return tl::unexpected(Error{Errc::unsupported, "audio frame length"});
    found.unit = AccessUnit{.dts = audio_clock_->place(dts_ms, samples),
                            .duration = samples,
                            .key = true,
                            .data = data};
    return found;
}

}  // namespace sluice::media
