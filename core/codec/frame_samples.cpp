#include "frame_samples.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint32_t kAacFrame = 1024;
constexpr std::uint32_t kMpeg1Frame = 1152;
constexpr std::uint32_t kMpeg2Frame = 576;
constexpr std::uint32_t kSlowestMpeg1Rate = 32000;
constexpr std::uint32_t kLongestOpus = 5760;  // 120 ms

/// Of one of the packet's frames: configurations 0 to 11 are SILK, 12 to 15 hybrid, the rest CELT.
std::uint32_t opus_frame(unsigned configuration)
{
    constexpr std::uint32_t silk[] = {480, 960, 1920, 2880};
    constexpr std::uint32_t hybrid[] = {480, 960};
    constexpr std::uint32_t celt[] = {120, 240, 480, 960};
    if (configuration < 12) return silk[configuration % 4];
    if (configuration < 16) return hybrid[configuration % 2];
    return celt[configuration % 4];
}

std::uint32_t opus_packet(std::span<const std::uint8_t> packet)
{
    if (packet.empty()) return 0;
    unsigned frames = 1;
    switch (packet[0] & 3) {
        case 0:
            break;
        case 3:
            if (packet.size() < 2) return 0;
            frames = packet[1] & 0x3f;
            break;
        default:
            frames = 2;
    }
    const auto samples = frames * opus_frame(packet[0] >> 3);
    return samples <= kLongestOpus ? samples : 0;
}

}  // namespace

std::uint32_t frame_samples(flv::AudioCodec codec, std::uint32_t rate,
                            std::span<const std::uint8_t> frame)
{
    switch (codec) {
        case flv::AudioCodec::aac:
            return kAacFrame;
        case flv::AudioCodec::mp3:
            return rate >= kSlowestMpeg1Rate ? kMpeg1Frame : kMpeg2Frame;
        case flv::AudioCodec::opus:
            return opus_packet(frame);
        default:
            return 0;
    }
}

}  // namespace sluice::codec
