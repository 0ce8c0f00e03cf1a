#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "core/base/result.hpp"
#include "core/flv/audio_message.hpp"
#include "core/flv/video_message.hpp"

namespace sluice::codec {

/// What people and players want to know about a video track. Lives in shared memory: every text is
/// zero-terminated in a fixed array and nothing points anywhere. 0 or "" stands for unknown.
struct VideoDescription {
    char name[8]{};           ///< h264, hevc, av1, vp9
    char codec_string[32]{};  ///< RFC 6381: avc1.64001f
    char profile[24]{};       ///< High
    std::uint32_t width = 0;  ///< luma samples after cropping
    std::uint32_t height = 0;
    float fps = 0;
    std::uint8_t level =
        0;  ///< as the codec writes it: AVC 31 = 3.1, HEVC 93 = 3.1, AV1 seq_level_idx
};

/// The same for an audio track.
struct AudioDescription {
    char name[8]{};                 ///< aac, opus, mp3, flac, ac3
    char codec_string[24]{};        ///< RFC 6381: mp4a.40.2
    std::uint32_t sample_rate = 0;  ///< Hz, after spectral band replication
    std::uint8_t channels = 0;      ///< after parametric stereo; the low-frequency one counts
};

static_assert(std::is_trivially_copyable_v<VideoDescription>);
static_assert(std::is_trivially_copyable_v<AudioDescription>);

/// Describes a track from its decoder configuration: AVCDecoderConfigurationRecord,
/// HEVCDecoderConfigurationRecord, AV1 and VP codec configuration records. Errc::truncated,
/// malformed, unsupported (codec none or other).
Result<VideoDescription> describe_video(flv::VideoCodec codec,
                                        std::span<const std::uint8_t> config);

/// The same for AudioSpecificConfig, OpusHead or dOps, and FLAC stream information. MP3 and AC-3
/// have no configuration: give the first frame, or nothing, which leaves rate and channels unknown.
Result<AudioDescription> describe_audio(flv::AudioCodec codec,
                                        std::span<const std::uint8_t> config);

}  // namespace sluice::codec
