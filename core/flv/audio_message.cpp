#include "core/flv/audio_message.hpp"

#include "core/base/byte_reader.hpp"
#include "core/flv/enhanced.hpp"

namespace sluice::flv {
namespace {

// Adobe FLV 10.1, E.4.2.1, SoundFormat.
constexpr std::uint8_t kFormatMp3 = 2;
constexpr std::uint8_t kFormatExHeader = 9;
constexpr std::uint8_t kFormatAac = 10;
constexpr std::uint8_t kFormatMp3At8k = 14;

// Enhanced RTMP v2, AudioPacketType.
constexpr std::uint8_t kSequenceStart = 0;
constexpr std::uint8_t kCodedFrames = 1;
constexpr std::uint8_t kSequenceEnd = 2;
constexpr std::uint8_t kMultichannelConfig = 4;

AudioCodec codec_of(std::uint32_t fourcc)
{
    switch (fourcc) {
        case four_cc("mp4a"):
            return AudioCodec::aac;
        case four_cc("Opus"):
            return AudioCodec::opus;
        case four_cc(".mp3"):
            return AudioCodec::mp3;
        case four_cc("fLaC"):
            return AudioCodec::flac;
        case four_cc("ac-3"):
            return AudioCodec::ac3;
        default:
            return AudioCodec::other;
    }
}

Result<PacketKind> ex_kind(const ByteReader& r, std::uint8_t packet_type)
{
    switch (packet_type) {
        case kSequenceStart:
            return PacketKind::config;
        case kCodedFrames:
            return PacketKind::frame;
        case kSequenceEnd:
            return PacketKind::end;
        case kMultichannelConfig:
            return PacketKind::metadata;
        default:
            return r.fail(Errc::malformed, "flv enhanced audio packet type");
    }
}

Result<AudioMessage> parse_enhanced(ByteReader& r, std::uint8_t head)
{
    const auto packet_type = skip_mod_ex(r, head & 0x0f);
    if (!r.ok()) return r.fail(Errc::truncated, "flv enhanced audio header");
    const auto header = read_ex_header(r, packet_type, kExMultitrackAudio);
    if (!header) return tl::unexpected(header.error());
    const auto kind = ex_kind(r, header->packet_type);
    if (!kind) return tl::unexpected(kind.error());
    return AudioMessage{.codec = codec_of(header->codec),
                        .kind = *kind,
                        .enhanced = true,
                        .body_offset = r.offset()};
}

Result<AudioMessage> parse_aac(ByteReader& r)
{
    const auto packet_type = r.u8();
    if (!r.ok()) return r.fail(Errc::truncated, "flv aac packet type");
    if (packet_type > kCodedFrames) return r.fail(Errc::malformed, "flv aac packet type");
    return AudioMessage{
        .codec = AudioCodec::aac,
        .kind = packet_type == kSequenceStart ? PacketKind::config : PacketKind::frame,
        .body_offset = r.offset()};
}

}  // namespace

Result<AudioMessage> parse_audio_message(std::span<const std::uint8_t> message)
{
    ByteReader r(message);
    const auto head = r.u8();
    if (!r.ok()) return r.fail(Errc::truncated, "flv audio header");

    const std::uint8_t format = head >> 4;
    if (format == kFormatExHeader) return parse_enhanced(r, head);
    if (format == kFormatAac) return parse_aac(r);
    const bool mp3 = format == kFormatMp3 || format == kFormatMp3At8k;
    return AudioMessage{.codec = mp3 ? AudioCodec::mp3 : AudioCodec::other,
                        .kind = PacketKind::frame,
                        .body_offset = r.offset()};
}

}  // namespace sluice::flv
