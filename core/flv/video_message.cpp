#include "core/flv/video_message.hpp"

#include "core/base/byte_reader.hpp"
#include "core/flv/enhanced.hpp"

namespace sluice::flv {
namespace {

// Adobe FLV 10.1, E.4.3.1.
constexpr std::uint8_t kFrameKey = 1;
constexpr std::uint8_t kFrameGeneratedKey = 4;
constexpr std::uint8_t kFrameCommand = 5;
constexpr std::uint8_t kCodecAvc = 7;
constexpr std::uint8_t kCodecHevc = 12;  // never standardised, but widespread before Enhanced RTMP

constexpr std::uint8_t kExHeaderBit = 0x80;

// Enhanced RTMP v2, VideoPacketType.
constexpr std::uint8_t kSequenceStart = 0;
constexpr std::uint8_t kCodedFrames = 1;
constexpr std::uint8_t kSequenceEnd = 2;
constexpr std::uint8_t kCodedFramesX = 3;
constexpr std::uint8_t kMetadata = 4;
constexpr std::uint8_t kMpeg2TsSequenceStart = 5;

bool is_key(std::uint8_t frame_type)
{
    return frame_type == kFrameKey || frame_type == kFrameGeneratedKey;
}

VideoCodec codec_of(std::uint32_t fourcc)
{
    switch (fourcc) {
        case four_cc("avc1"):
            return VideoCodec::avc;
        case four_cc("hvc1"):
            return VideoCodec::hevc;
        case four_cc("av01"):
            return VideoCodec::av1;
        case four_cc("vp09"):
            return VideoCodec::vp9;
        default:
            return VideoCodec::other;
    }
}

bool has_composition_time(std::uint32_t fourcc)
{
    return fourcc == four_cc("avc1") || fourcc == four_cc("hvc1") || fourcc == four_cc("vvc1");
}

Result<PacketKind> ex_kind(const ByteReader& r, std::uint8_t packet_type)
{
    switch (packet_type) {
        case kSequenceStart:
        case kMpeg2TsSequenceStart:
            return PacketKind::config;
        case kCodedFrames:
        case kCodedFramesX:
            return PacketKind::frame;
        case kSequenceEnd:
            return PacketKind::end;
        case kMetadata:
            return PacketKind::metadata;
        default:
            return r.fail(Errc::malformed, "flv enhanced video packet type");
    }
}

VideoMessage command(const ByteReader& r, bool enhanced)
{
    return {.codec = VideoCodec::none,
            .kind = PacketKind::metadata,
            .enhanced = enhanced,
            .body_offset = r.offset()};
}

Result<VideoMessage> parse_enhanced(ByteReader& r, std::uint8_t head)
{
    const std::uint8_t frame_type = head >> 4 & 0x07;
    const auto packet_type = skip_mod_ex(r, head & 0x0f);
    if (!r.ok()) return r.fail(Errc::truncated, "flv enhanced video header");
    if (frame_type == kFrameCommand && packet_type != kMetadata) return command(r, true);

    const auto header = read_ex_header(r, packet_type, kExMultitrackVideo);
    if (!header) return tl::unexpected(header.error());
    const auto kind = ex_kind(r, header->packet_type);
    if (!kind) return tl::unexpected(kind.error());

    std::int32_t composition_ms = 0;
    if (header->packet_type == kCodedFrames && has_composition_time(header->codec)) {
        composition_ms = r.s24();
        if (!r.ok()) return r.fail(Errc::truncated, "flv composition time");
    }
    return VideoMessage{.codec = codec_of(header->codec),
                        .kind = *kind,
                        .key_frame = *kind == PacketKind::frame && is_key(frame_type),
                        .enhanced = true,
                        .composition_ms = composition_ms,
                        .body_offset = r.offset()};
}

/// AVCVIDEOPACKET (E.4.3.2), which the unofficial HEVC id shares.
Result<VideoMessage> parse_packetised(ByteReader& r, VideoCodec codec, bool key_frame)
{
    const auto packet_type = r.u8();
    if (!r.ok()) return r.fail(Errc::truncated, "flv video packet type");
    if (packet_type > kSequenceEnd) return r.fail(Errc::malformed, "flv video packet type");

    const auto kind = packet_type == kSequenceStart ? PacketKind::config
                      : packet_type == kCodedFrames ? PacketKind::frame
                                                    : PacketKind::end;
    const auto composition_ms = r.s24();
    // Some encoders leave the three unused bytes off an end of sequence.
    if (!r.ok() && kind != PacketKind::end) return r.fail(Errc::truncated, "flv composition time");
    return VideoMessage{.codec = codec,
                        .kind = kind,
                        .key_frame = kind == PacketKind::frame && key_frame,
                        .composition_ms = kind == PacketKind::frame ? composition_ms : 0,
                        .body_offset = r.offset()};
}

}  // namespace

Result<VideoMessage> parse_video_message(std::span<const std::uint8_t> message)
{
    ByteReader r(message);
    const auto head = r.u8();
    if (!r.ok()) return r.fail(Errc::truncated, "flv video header");
    if ((head & kExHeaderBit) != 0) return parse_enhanced(r, head);

    const std::uint8_t frame_type = head >> 4;
    const std::uint8_t codec_id = head & 0x0f;
    if (frame_type == 0) return r.fail(Errc::malformed, "flv video frame type");
    if (frame_type == kFrameCommand) return command(r, false);
    if (codec_id == kCodecAvc) return parse_packetised(r, VideoCodec::avc, is_key(frame_type));
    if (codec_id == kCodecHevc) return parse_packetised(r, VideoCodec::hevc, is_key(frame_type));
    return VideoMessage{.codec = VideoCodec::other,
                        .kind = PacketKind::frame,
                        .key_frame = is_key(frame_type),
                        .body_offset = r.offset()};
}

}  // namespace sluice::flv
