#include "sample_entry.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "box.hpp"
#include "core/base/byte_reader.hpp"
#include "core/codec/aac.hpp"
#include "core/codec/av1.hpp"
#include "core/codec/avc.hpp"
#include "core/codec/hevc.hpp"
#include "core/codec/opus.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint16_t kDataReference = 1;  // the only one: the file itself
constexpr std::uint32_t kDotsPerInch = 72U << 16;

// ISO/IEC 14496-1, 7.2.2.1 and 7.2.6.6.
enum Descriptor : std::uint8_t { es = 3, decoder_config = 4, decoder_specific = 5, sl_config = 6 };
constexpr std::uint8_t kMpeg4Audio = 0x40;         // objectTypeIndication
constexpr std::uint8_t kMpeg1Audio = 0x6b;         // needs no decoder configuration
constexpr std::uint8_t kAudioStream = 5 << 2 | 1;  // streamType, a reserved bit
constexpr std::uint8_t kSlForMp4 = 2;

void zeros(ByteWriter& out, std::size_t count)
{
    for (; count > 0; --count) out.u8(0);
}

void sample_entry_head(ByteWriter& out)
{
    zeros(out, 6);
    out.u16(kDataReference);
}

/// VisualSampleEntry (ISO/IEC 14496-12, 12.1.3).
void visual_entry(const media::Track& track, std::string_view type, std::string_view config_type,
                  Bytes config, std::vector<std::uint8_t>& bytes)
{
    const Box entry(bytes, type);
    ByteWriter out(bytes);
    sample_entry_head(out);
    zeros(out, 16);
    out.u16(static_cast<std::uint16_t>(track.width));
    out.u16(static_cast<std::uint16_t>(track.height));
    out.u32(kDotsPerInch);
    out.u32(kDotsPerInch);
    out.u32(0);
    out.u16(1);  // frames in a sample
    zeros(out, 32);
    out.u16(0x18);    // colour, no alpha
    out.u16(0xffff);  // pre_defined −1
    const Box inner(bytes, config_type);
    out.bytes(config);
}

/// AudioSampleEntry (ISO/IEC 14496-12, 12.2.3), without its box.
void audio_fields(const media::Track& track, ByteWriter& out)
{
    sample_entry_head(out);
    zeros(out, 8);
    out.u16(track.channels);
    out.u16(16);
    out.u32(0);
    // A rate that the 16 bits can't hold is left to the decoder configuration.
    out.u32(track.timescale <= 0xffff ? track.timescale << 16 : 0);
}

void descriptor(ByteWriter& out, Descriptor tag, std::size_t size)
{
    out.u8(tag);
    // The longest form of the length, as everybody writes it.
    for (unsigned shift = 21; shift > 0; shift -= 7) {
        out.u8(static_cast<std::uint8_t>(0x80 | (size >> shift & 0x7f)));
    }
    out.u8(static_cast<std::uint8_t>(size & 0x7f));
}

/// ESDBox with an ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5).
void esds(std::uint8_t object_type, Bytes config, std::vector<std::uint8_t>& bytes)
{
    constexpr std::size_t head = 5;
    const auto decoder_size = 13 + (config.empty() ? 0 : head + config.size());
    const Box box(bytes, "esds", 0, 0);
    ByteWriter out(bytes);
    descriptor(out, es, 3 + head + decoder_size + head + 1);
    out.u16(0);  // ES_ID, by the track
    out.u8(0);
    descriptor(out, decoder_config, decoder_size);
    out.u8(object_type);
    out.u8(kAudioStream);
    out.u24(0);
    out.u32(0);  // bit rates: not known before
    out.u32(0);
    if (!config.empty()) descriptor(out, decoder_specific, config.size());
    out.bytes(config);
    descriptor(out, sl_config, 1);
    out.u8(kSlForMp4);
}

/// OpusSpecificBox: OpusHead without its magic, in the other byte order and of another version
/// number (Opus in ISOBMFF 4.3.2).
void opus_box(const codec::OpusConfig& config, Bytes raw, std::vector<std::uint8_t>& bytes)
{
    constexpr std::string_view magic = "OpusHead";
    constexpr std::size_t fixed = 11;
    const bool headed =
        raw.size() > magic.size() && std::equal(magic.begin(), magic.end(), raw.begin());
    const auto table = raw.subspan((headed ? magic.size() : 0) + fixed);
    const Box box(bytes, "dOps");
    ByteWriter out(bytes);
    out.u8(0);
    out.u8(config.channels);
    out.u16(config.pre_skip);
    out.u32(config.input_rate);
    out.u16(static_cast<std::uint16_t>(config.gain));
    out.u8(config.mapping_family);
    if (config.mapping_family != 0) out.bytes(table);
}

template <class Config>
Result<void> checked(const Result<Config>& config)
{
    if (!config) return tl::unexpected(config.error());
    return {};
}

Result<void> video_entry(const media::Track& track, std::vector<std::uint8_t>& out)
{
    const Bytes config = track.config;
    const auto entry = [&](std::string_view type, std::string_view config_type) {
        visual_entry(track, type, config_type, config, out);
    };
    switch (track.video) {
        case flv::VideoCodec::avc:
            return checked(codec::parse_avc_config(config)).map([&] { entry("avc1", "avcC"); });
        case flv::VideoCodec::hevc:
            return checked(codec::parse_hevc_config(config)).map([&] { entry("hvc1", "hvcC"); });
        case flv::VideoCodec::av1:
            return checked(codec::parse_av1_config(config)).map([&] { entry("av01", "av1C"); });
        default:
            return tl::unexpected(Error{Errc::unsupported, "video codec in MP4"});
    }
}

Result<void> audio_entry(const media::Track& track, std::vector<std::uint8_t>& out)
{
    const Bytes config = track.config;
    const auto mp4a = [&](std::uint8_t object_type, Bytes specific) {
        const Box entry(out, "mp4a");
        ByteWriter writer(out);
        audio_fields(track, writer);
        esds(object_type, specific, out);
    };
    if (track.audio == flv::AudioCodec::aac) {
        return checked(codec::parse_aac_config(config)).map([&] { mp4a(kMpeg4Audio, config); });
    }
    if (track.audio == flv::AudioCodec::mp3) {
        mp4a(kMpeg1Audio, {});
        return {};
    }
    if (track.audio == flv::AudioCodec::opus) {
        return codec::parse_opus_config(config).map([&](const codec::OpusConfig& opus) {
            const Box entry(out, "Opus");
            ByteWriter writer(out);
            audio_fields(track, writer);
            opus_box(opus, config, out);
        });
    }
    return tl::unexpected(Error{Errc::unsupported, "audio codec in MP4"});
}

}  // namespace

Result<void> append_sample_entry(const media::Track& track, std::vector<std::uint8_t>& out)
{
    return track.kind == media::Kind::video ? video_entry(track, out) : audio_entry(track, out);
}

}  // namespace sluice::fmp4
