#include "core/codec/description.hpp"

#include <algorithm>
#include <string_view>

#include "core/codec/aac.hpp"
#include "core/codec/ac3.hpp"
#include "core/codec/av1.hpp"
#include "core/codec/avc.hpp"
#include "core/codec/flac.hpp"
#include "core/codec/hevc.hpp"
#include "core/codec/mp3.hpp"
#include "core/codec/opus.hpp"
#include "core/codec/vp9.hpp"

namespace sluice::codec {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// Copies what fits and always leaves a terminating zero.
template <std::size_t n>
void set(char (&out)[n], std::string_view text)
{
    const auto size = std::min(text.size(), n - 1);
    std::copy_n(text.begin(), size, out);
    out[size] = '\0';
}

Result<VideoDescription> describe_avc(Bytes in)
{
    const auto config = parse_avc_config(in);
    if (!config) return tl::unexpected(config.error());
    const auto sps = parse_avc_sps(config->sps);
    if (!sps) return tl::unexpected(sps.error());

    // The SPS is what decoders obey; some encoders leave the record's copy of these bytes wrong.
    VideoDescription out{.width = sps->width,
                         .height = sps->height,
                         .fps = static_cast<float>(sps->fps),
                         .level = sps->level};
    set(out.name, "h264");
    set(out.codec_string, avc_codec_string(sps->profile, sps->compatibility, sps->level));
    set(out.profile, avc_profile_name(sps->profile, sps->compatibility));
    return out;
}

Result<VideoDescription> describe_hevc(Bytes in)
{
    const auto config = parse_hevc_config(in);
    if (!config) return tl::unexpected(config.error());
    const auto sps = parse_hevc_sps(config->sps);
    if (!sps) return tl::unexpected(sps.error());

    VideoDescription out{.width = sps->width,
                         .height = sps->height,
                         .fps = static_cast<float>(sps->fps),
                         .level = sps->profile.level};
    set(out.name, "hevc");
    set(out.codec_string, hevc_codec_string(sps->profile));
    set(out.profile, hevc_profile_name(sps->profile));
    return out;
}

Result<VideoDescription> describe_av1(Bytes in)
{
    const auto config = parse_av1_config(in);
    if (!config) return tl::unexpected(config.error());

    VideoDescription out{.level = config->level};
    if (config->sequence) {
        out.width = config->sequence->width;
        out.height = config->sequence->height;
        out.fps = static_cast<float>(config->sequence->fps);
    }
    set(out.name, "av1");
    set(out.codec_string, av1_codec_string(*config));
    set(out.profile, av1_profile_name(config->profile));
    return out;
}

Result<VideoDescription> describe_vp9(Bytes in)
{
    const auto config = parse_vp9_config(in);
    if (!config) return tl::unexpected(config.error());

    VideoDescription out{.level = config->level};
    set(out.name, "vp9");
    set(out.codec_string, vp9_codec_string(*config));
    set(out.profile, std::string("Profile ") + static_cast<char>('0' + config->profile));
    return out;
}

AudioDescription audio(std::string_view name, std::string_view codec_string, std::uint32_t rate,
                       std::uint8_t channels)
{
    AudioDescription out{.sample_rate = rate, .channels = channels};
    set(out.name, name);
    set(out.codec_string, codec_string);
    return out;
}

Result<AudioDescription> describe_aac(Bytes in)
{
    return parse_aac_config(in).map([](const AacConfig& c) {
        return audio("aac", aac_codec_string(c), c.output_rate, c.output_channels);
    });
}

Result<AudioDescription> describe_opus(Bytes in)
{
    return parse_opus_config(in).map(
        [](const OpusConfig& c) { return audio("opus", "opus", kOpusRate, c.channels); });
}

Result<AudioDescription> describe_flac(Bytes in)
{
    return parse_flac_config(in).map(
        [](const FlacConfig& c) { return audio("flac", "flac", c.sample_rate, c.channels); });
}

Result<AudioDescription> describe_mp3(Bytes in)
{
    if (in.empty()) return audio("mp3", "mp4a.6B", 0, 0);
    return parse_mp3_frame(in).map(
        [](const Mp3Frame& f) { return audio("mp3", "mp4a.6B", f.sample_rate, f.channels); });
}

Result<AudioDescription> describe_ac3(Bytes in)
{
    if (in.empty()) return audio("ac3", "ac-3", 0, 0);
    return parse_ac3_frame(in).map(
        [](const Ac3Frame& f) { return audio("ac3", "ac-3", f.sample_rate, f.channels); });
}

}  // namespace

Result<VideoDescription> describe_video(flv::VideoCodec codec, Bytes config)
{
    switch (codec) {
        case flv::VideoCodec::avc:
            return describe_avc(config);
        case flv::VideoCodec::hevc:
            return describe_hevc(config);
        case flv::VideoCodec::av1:
            return describe_av1(config);
        case flv::VideoCodec::vp9:
            return describe_vp9(config);
        case flv::VideoCodec::none:
        case flv::VideoCodec::other:
            break;
    }
    return tl::unexpected(Error{Errc::unsupported, "video codec"});
}

Result<AudioDescription> describe_audio(flv::AudioCodec codec, Bytes config)
{
    switch (codec) {
        case flv::AudioCodec::aac:
            return describe_aac(config);
        case flv::AudioCodec::opus:
            return describe_opus(config);
        case flv::AudioCodec::flac:
            return describe_flac(config);
        case flv::AudioCodec::mp3:
            return describe_mp3(config);
        case flv::AudioCodec::ac3:
            return describe_ac3(config);
        case flv::AudioCodec::none:
        case flv::AudioCodec::other:
            break;
    }
    return tl::unexpected(Error{Errc::unsupported, "audio codec"});
}

}  // namespace sluice::codec
