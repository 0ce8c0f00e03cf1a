#include "message_writer.hpp"

#include <algorithm>

#include "enhanced.hpp"

namespace sluice::flv {
namespace {

using Bytes = std::span<const std::uint8_t>;

// Adobe FLV 10.1, E.4.3.1 and E.4.2.1.
constexpr std::uint8_t kKey = 1;
constexpr std::uint8_t kInter = 2;
constexpr std::uint8_t kAvc = 7;
constexpr std::uint8_t kMp3 = 2 << 4;
constexpr std::uint8_t kAac = 10 << 4;
constexpr std::uint8_t kEnhancedAudio = 9 << 4;
constexpr std::uint8_t kAnySound = 0x0f;  // 44.1 kHz, 16 bits, stereo: what AAC has to say

constexpr std::uint8_t kExHeaderBit = 0x80;

// Of both forms (E.4.3.2, Enhanced RTMP v2).
constexpr std::uint8_t kSequenceStart = 0;
constexpr std::uint8_t kCodedFrames = 1;
constexpr std::uint8_t kCodedFramesX = 3;  // without a composition time

std::uint32_t fourcc_of(VideoCodec codec)
{
    switch (codec) {
        case VideoCodec::avc:
            return four_cc("avc1");
        case VideoCodec::hevc:
            return four_cc("hvc1");
        case VideoCodec::av1:
            return four_cc("av01");
        case VideoCodec::vp9:
            return four_cc("vp09");
        case VideoCodec::none:
        case VideoCodec::other:
            break;
    }
    return 0;
}

std::uint32_t fourcc_of(AudioCodec codec)
{
    switch (codec) {
        case AudioCodec::aac:
            return four_cc("mp4a");
        case AudioCodec::mp3:
            return four_cc(".mp3");
        case AudioCodec::opus:
            return four_cc("Opus");
        case AudioCodec::flac:
            return four_cc("fLaC");
        case AudioCodec::ac3:
            return four_cc("ac-3");
        case AudioCodec::none:
        case AudioCodec::other:
            break;
    }
    return 0;
}

constexpr std::uint8_t byte(std::uint32_t value, unsigned shift)
{
    return static_cast<std::uint8_t>(value >> shift & 0xff);
}

FrameHead enhanced(std::uint8_t first, std::uint32_t fourcc)
{
    return {first, byte(fourcc, 24), byte(fourcc, 16), byte(fourcc, 8), byte(fourcc, 0)};
}

/// The packet of either track that both forms number alike.
FrameHead audio_head(AudioCodec codec, std::uint8_t packet)
{
    if (codec == AudioCodec::aac) return {kAac | kAnySound, packet};
    const auto fourcc = fourcc_of(codec);
    if (fourcc == 0) return {};
    return enhanced(static_cast<std::uint8_t>(kEnhancedAudio | packet), fourcc);
}

std::vector<std::uint8_t> joined(const FrameHead& head, Bytes config)
{
    std::vector<std::uint8_t> message(head.bytes().begin(), head.bytes().end());
    if (!message.empty()) message.insert(message.end(), config.begin(), config.end());
    return message;
}

}  // namespace

FrameHead::FrameHead(std::initializer_list<std::uint8_t> bytes)
    : size_(static_cast<std::uint8_t>(std::min(bytes.size(), bytes_.size())))
{
    std::copy_n(bytes.begin(), size_, bytes_.begin());
}

FrameHead video_frame_head(VideoCodec codec, bool key_frame, std::int32_t composition_ms)
{
    constexpr std::int32_t most = (1 << 23) - 1;
    const auto time = static_cast<std::uint32_t>(std::clamp(composition_ms, -most, most));
    const auto type = static_cast<std::uint8_t>((key_frame ? kKey : kInter) << 4);
    const std::uint8_t t0 = byte(time, 16);
    const std::uint8_t t1 = byte(time, 8);
    const std::uint8_t t2 = byte(time, 0);
    if (codec == VideoCodec::avc) {
        return {static_cast<std::uint8_t>(type | kAvc), kCodedFrames, t0, t1, t2};
    }
    const auto fourcc = fourcc_of(codec);
    if (fourcc == 0) return {};
    const bool timed = codec == VideoCodec::hevc && composition_ms != 0;
    const auto packet = codec == VideoCodec::hevc && !timed ? kCodedFramesX : kCodedFrames;
    const auto first = static_cast<std::uint8_t>(kExHeaderBit | type | packet);
    if (!timed) return enhanced(first, fourcc);
    return {first, byte(fourcc, 24), byte(fourcc, 16), byte(fourcc, 8), byte(fourcc, 0), t0, t1,
            t2};
}

FrameHead audio_frame_head(AudioCodec codec)
{
    if (codec == AudioCodec::mp3) return {kMp3 | kAnySound};
    return audio_head(codec, kCodedFrames);
}

std::vector<std::uint8_t> video_config_message(VideoCodec codec, Bytes config)
{
    const auto fourcc = fourcc_of(codec);
    if (fourcc == 0) return {};
    constexpr auto type = static_cast<std::uint8_t>(kKey << 4);
    const auto head = codec == VideoCodec::avc
                          ? FrameHead{type | kAvc, kSequenceStart, 0, 0, 0}
                          : enhanced(kExHeaderBit | type | kSequenceStart, fourcc);
    return joined(head, config);
}

std::vector<std::uint8_t> audio_config_message(AudioCodec codec, Bytes config)
{
    if (codec == AudioCodec::mp3) return {};
    return joined(audio_head(codec, kSequenceStart), config);
}

}  // namespace sluice::flv
