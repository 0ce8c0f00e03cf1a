#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/flv/audio_message.hpp"
#include "core/flv/video_message.hpp"

/// Decoder configurations for tests, as real encoders wrote them into MP4 (FFmpeg 5.1 with libx264,
/// libx265, libaom, SVT-AV1, libvpx, libopus). Sizes, rates, profiles and levels are what ffprobe
/// says of the same files; codec strings follow from the specifications. The SEI array that x265
/// adds to its record is left out. No encoder in Debian writes HE-AAC: those were put together by
/// hand.
namespace sluice::codec::samples {

struct Video {
    std::string_view encoder;
    flv::VideoCodec codec;
    std::string_view hex;
    std::string_view name;
    std::string_view codec_string;
    std::string_view profile;
    std::uint32_t width;
    std::uint32_t height;
    float fps;
    std::uint8_t level;
};

struct Audio {
    std::string_view encoder;
    flv::AudioCodec codec;
    std::string_view hex;
    std::string_view name;
    std::string_view codec_string;
    std::uint32_t sample_rate;
    std::uint8_t channels;
};

/// Two hex digits a byte.
inline std::vector<std::uint8_t> bytes(std::string_view hex)
{
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        out.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    }
    return out;
}

// clang-format off
inline const std::vector<Video> video{
    {"x264 baseline", flv::VideoCodec::avc,
     "0142c01effe100196742c01ed900a02ff97011000003000100000300320f162e4801000568cb"
     "83cb20",
     "h264", "avc1.42c01e", "Constrained Baseline", 640, 360, 25, 30},
    {"x264 main", flv::VideoCodec::avc,
     "014d401fffe10019674d401feca02802dd8088000003000800000301e078c18cb001000568eb"
     "e3cb20",
     "h264", "avc1.4d401f", "Main", 1280, 720, 30, 31},
    {"x264 high, cropped to 1080 lines, B-frames", flv::VideoCodec::avc,
     "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668eb"
     "e3cb22c0fdf8f800",
     "h264", "avc1.640028", "High", 1920, 1080, 30000.0F / 1001, 40},
    {"x264 high, interlaced", flv::VideoCodec::avc,
     "01640028ffe1001a67640028acd94078044fde0220000003002000000643e2c5b2c001000668"
     "fba3cb22c0fdf8f800",
     "h264", "avc1.640028", "High", 1920, 1080, 25, 40},
    {"x264 high, sample aspect ratio and colours", flv::VideoCodec::avc,
     "0164001effe100216764001eacd940b4126ffc010000b5a828282a000003000200000300641e"
     "2c5b2c01000668ebe3cb22c0fdf8f800",
     "h264", "avc1.64001e", "High", 720, 576, 25, 30},
    {"x264 high 10", flv::VideoCodec::avc,
     "016e001fffe1001a676e001fa6cd940d83de6f0110000003001000000640f183196001000668"
     "ebe3cb22c0fdfafa00",
     "h264", "avc1.6e001f", "High 10", 854, 480, 50, 31},
    {"x264 high 4:2:2, cropped by 2 lines", flv::VideoCodec::avc,
     "017a000dffe1001b677a000dbcd9415087888fc044000003000400000300c03c50a658010006"
     "68ebe3cb22c0fef8f800",
     "h264", "avc1.7a000d", "High 4:2:2", 322, 242, 24, 13},
    {"x264 high 4:4:4", flv::VideoCodec::avc,
     "01f40015ffe1001a67f40015919b282833dc7e0220000003002000000f01e2c5b2c001000668"
     "ebe3c44844fff8f800",
     "h264", "avc1.f40015", "High 4:4:4 Predictive", 318, 178, 60, 21},
    {"x265 main, cropped to 1080 lines", flv::VideoCodec::hevc,
     "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01ffff01600000"
     "0300900000030000030078959809a10001002a420101016000000300900000030000030078a0"
     "03c08010e596566924caf0168080000003008000000c84a2000100074401c172b46240",
     "hevc", "hvc1.1.6.L120.90", "Main", 1920, 1080, 25, 120},
    {"x265 main 10", flv::VideoCodec::hevc,
     "01022000000090000000000078f000fcfdfafa00000f03a00001001840010c01ffff02200000"
     "0300900000030000030078959809a100010029420101022000000300900000030000030078a0"
     "0280802d1365959a4932bc05a02000007d20001d4c01a2000100074401c172b46240",
     "hevc", "hvc1.2.4.L120.90", "Main 10", 1280, 720, 60000.0F / 1001, 120},
    {"x265 main, cropped on both sides", flv::VideoCodec::hevc,
     "0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000"
     "030090000003000003003c959809a10001002b42010101600000030090000003000003003ca0"
     "0d880f9c9265959a4932bc05a020000003002000000303c1a2000100074401c172b46240",
     "hevc", "hvc1.1.6.L60.90", "Main", 426, 242, 30, 60},
    {"x265 4:2:2 10 bit", flv::VideoCodec::hevc,
     "0104080000009d08000000005af000fcfefafa00000f03a00001001740010c01ffff04080000"
     "03009d0800000300005a959809a10001002b4201010408000003009d0800000300005ab00502"
     "0171f3b65959a4932bc05a020000030002000003006410a2000100074401c172b46240",
     "hevc", "hvc1.4.10.L90.9D.8", "Rext", 640, 362, 50, 90},
    {"x265 with temporal layers and scaling lists", flv::VideoCodec::hevc,
     "0101600000009000000000003ff000fcfdf8f800001303a00001001c40010c02ffff01600000"
     "030090000003000003003f00009598acc048a10001002d420102016000000300900000030000"
     "03003f0000a005020169659598acd249caf0168080000003008000000c84a2000100074401c1"
     "72b46240",
     "hevc", "hvc1.1.6.L63.90", "Main", 640, 360, 25, 63},
    {"x265 interlaced", flv::VideoCodec::hevc,
     "0101600000004000000000005af000fcfdf8f800000f03a00001001840010c01ffff01600000"
     "030040000003000003005a959809a10001002b42010101600000030040000003000003005aa0"
     "05a20090596566924caf016868000003000800000300c840a2000100074401c172b46240",
     "hevc", "hvc1.1.6.L90.40", "Main", 720, 576, 25, 90},
    {"libaom 8 bit", flv::VideoCodec::av1,
     "81010c000a0b0000000cc4ff6736be4010",
     "av1", "av01.0.01M.08", "Main", 640, 360, 0, 1},
    {"SVT-AV1", flv::VideoCodec::av1,
     "81050c000a0b0000002d4cffb3c02f8004",
     "av1", "av01.0.05M.08", "Main", 1280, 720, 0, 5},
    {"libaom 10 bit", flv::VideoCodec::av1,
     "81004c000a0b000000043ea7bcdaf94040",
     "av1", "av01.0.00M.10", "Main", 426, 240, 0, 0},
    {"libaom 4:4:4", flv::VideoCodec::av1,
     "812000000a0a200000043cfeccdaf902",
     "av1", "av01.1.00M.08", "High", 320, 180, 0, 0},
    {"libvpx-vp9", flv::VideoCodec::vp9,
     "010000000015820202020000",
     "vp9", "vp09.00.21.08", "Profile 0", 0, 0, 0, 21},
};

inline const std::vector<Audio> audio{
    {"FFmpeg AAC LC stereo", flv::AudioCodec::aac,
     "119056e500",
     "aac", "mp4a.40.2", 48000, 2},
    {"FFmpeg AAC LC mono", flv::AudioCodec::aac,
     "120856e500",
     "aac", "mp4a.40.2", 44100, 1},
    {"FFmpeg AAC LC 5.1", flv::AudioCodec::aac,
     "11b056e500",
     "aac", "mp4a.40.2", 48000, 6},
    {"libopus stereo, dOps", flv::AudioCodec::opus,
     "000201380000bb80000000",
     "opus", "opus", 48000, 2},
    {"libopus 5.1, dOps", flv::AudioCodec::opus,
     "000601380000bb800000010402000401020305",
     "opus", "opus", 48000, 6},
    {"libopus mono, OpusHead", flv::AudioCodec::opus,
     "4f707573486561640101380180bb0000000000",
     "opus", "opus", 48000, 1},
    {"FFmpeg FLAC, dfLa", flv::AudioCodec::flac,
     "0000000080000022120012000003050005140ac442f00000ac44b48e1dd0c193fdd40c05f288"
     "d60157a3",
     "flac", "flac", 44100, 2},
    {"HE-AAC, explicit", flv::AudioCodec::aac,
     "2b8a0800",
     "aac", "mp4a.40.5", 44100, 1},
    {"HE-AAC, backward compatible", flv::AudioCodec::aac,
     "138856e5a0",
     "aac", "mp4a.40.5", 44100, 1},
    {"HE-AAC v2, explicit", flv::AudioCodec::aac,
     "eb8a0800",
     "aac", "mp4a.40.29", 44100, 2},
    {"HE-AAC v2, backward compatible", flv::AudioCodec::aac,
     "138856e5a54880",
     "aac", "mp4a.40.29", 44100, 2},
};
// clang-format on

}  // namespace sluice::codec::samples
