#include "sample_entry_reader.hpp"

#include <string_view>
#include <utility>

#include "box_reader.hpp"
#include "core/base/byte_writer.hpp"
#include "core/codec/description.hpp"
#include "core/codec/opus.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::span<const std::uint8_t>;

// Before the boxes inside (ISO/IEC 14496-12, 12.1.3 and 12.2.3).
constexpr std::size_t kVisualFields = 78;
constexpr std::size_t kAudioFields = 28;
constexpr std::size_t kChannelsAt = 16;

// ISO/IEC 14496-1, 7.2.2.1.
enum Descriptor : std::uint8_t { es = 3, decoder_config = 4, decoder_specific = 5 };

tl::unexpected<Error> unknown(std::string_view where)
{
    return tl::unexpected(Error{Errc::unsupported, where});
}

Result<media::Track> video(flv::VideoCodec codec, Bytes config)
{
    const auto described = codec::describe_video(codec, config);
    if (!described) return tl::unexpected(described.error());
    return media::Track{.kind = media::Kind::video,
                        .video = codec,
                        .config = {config.begin(), config.end()},
                        .width = described->width,
                        .height = described->height};
}

Result<media::Track> read_video(std::uint32_t type, ByteReader in)
{
    in.skip(kVisualFields);
    const auto config = [&](const char(&name)[5]) { return find_box(in.rest(), box_type(name)); };
    switch (type) {
        case box_type("avc1"):
        case box_type("avc3"):
            return video(flv::VideoCodec::avc, config("avcC"));
        case box_type("hvc1"):
        case box_type("hev1"):
            return video(flv::VideoCodec::hevc, config("hvcC"));
        case box_type("av01"):
            return video(flv::VideoCodec::av1, config("av1C"));
        default:
            return unknown("video codec in MP4");
    }
}

/// Enters the next descriptor, whose length needs up to four bytes (ISO/IEC 14496-1, 8.3.3). Its
/// content, empty when it is another one or does not fit.
Bytes descriptor(ByteReader& in, Descriptor tag)
{
    const bool wanted = in.u8() == tag;
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) {
        const auto byte = in.u8();
        size = size << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0) break;
    }
    const auto content = in.bytes(size);
    return wanted ? content : Bytes();
}

/// ES_Descriptor (7.2.6.5): what is before its decoder configuration is there or not.
void skip_es_fields(ByteReader& in)
{
    constexpr std::uint8_t depends = 0x80;
    constexpr std::uint8_t address = 0x40;
    constexpr std::uint8_t clock = 0x20;
    in.skip(2);
    const auto flags = in.u8();
    if ((flags & depends) != 0) in.skip(2);
    if ((flags & address) != 0) in.skip(in.u8());
    if ((flags & clock) != 0) in.skip(2);
}

media::Track audio(flv::AudioCodec codec, Bytes config, std::uint16_t channels)
{
    return {.kind = media::Kind::audio,
            .audio = codec,
            .config = {config.begin(), config.end()},
            .channels = channels};
}

Result<media::Track> read_mp4a(Bytes esds, std::uint16_t channels)
{
    ByteReader box(esds);
    box.skip(4);
    ByteReader stream(descriptor(box, es));
    skip_es_fields(stream);
    ByteReader decoder(descriptor(stream, decoder_config));
    const auto object_type = decoder.u8();
    decoder.skip(12);
    if (!decoder.ok()) return decoder.fail(Errc::truncated, "mp4 elementary stream descriptor");
    switch (object_type) {
        case 0x69:  // MPEG-2 and MPEG-1 audio: of either layer III is what anybody writes
        case 0x6b:
            return audio(flv::AudioCodec::mp3, {}, channels);
        case 0x40:  // MPEG-4 audio, and AAC of MPEG-2 by profile
        case 0x66:
        case 0x67:
        case 0x68:
            break;
        default:
            return unknown("audio codec in MP4");
    }
    const auto config = descriptor(decoder, decoder_specific);
    const auto described = codec::describe_audio(flv::AudioCodec::aac, config);
    if (!described) return tl::unexpected(described.error());
    return audio(flv::AudioCodec::aac, config, described->channels);
}

/// OpusHead is little-endian, has a magic and another version number (RFC 7845, 5.1).
std::vector<std::uint8_t> opus_head(const codec::OpusConfig& config, Bytes dops)
{
    constexpr std::string_view magic = "OpusHead";
    constexpr std::size_t fixed = 11;
    const auto swapped = [](auto value) {
        decltype(value) out = 0;
        for (std::size_t i = 0; i < sizeof(value); ++i) {
            out = static_cast<decltype(value)>(out << 8 | (value >> (8 * i) & 0xff));
        }
        return out;
    };
    std::vector<std::uint8_t> bytes;
    ByteWriter out(bytes);
    out.bytes({reinterpret_cast<const std::uint8_t*>(magic.data()), magic.size()});
    out.u8(1);
    out.u8(config.channels);
    out.u16(swapped(config.pre_skip));
    out.u32(swapped(config.input_rate));
    out.u16(swapped(static_cast<std::uint16_t>(config.gain)));
    out.u8(config.mapping_family);
    if (config.mapping_family != 0) out.bytes(dops.subspan(fixed, 2U + config.channels));
    return bytes;
}

Result<media::Track> read_opus(Bytes dops)
{
    const auto config = codec::parse_opus_config(dops);
    if (config && dops[0] != 0) return unknown("opus version in MP4");
    if (!config) return tl::unexpected(config.error());
    return audio(flv::AudioCodec::opus, opus_head(*config, dops), config->channels);
}

Result<media::Track> read_audio(std::uint32_t type, Bytes entry)
{
    ByteReader in(entry);
    in.skip(kChannelsAt);
    const auto channels = in.u16();
    in.skip(kAudioFields - kChannelsAt - 2);
    switch (type) {
        case box_type("mp4a"):
            return read_mp4a(find_box(in.rest(), box_type("esds")), channels);
        case box_type("Opus"):
            return read_opus(find_box(in.rest(), box_type("dOps")));
        default:
            return unknown("audio codec in MP4");
    }
}

}  // namespace

Result<media::Track> read_sample_entry(media::Kind kind, Bytes stsd)
{
    ByteReader head(stsd);
    head.skip(8);  // version, flags, how many there are
    const auto entry = BoxReader(head.rest()).next();
    if (!entry) return head.fail(Errc::malformed, "mp4 sample entry");
    if (kind == media::Kind::video) return read_video(entry->type, ByteReader(entry->content));
    return read_audio(entry->type, entry->content);
}

}  // namespace sluice::fmp4
