#include "core/codec/mp3.hpp"

#include <array>

#include "core/base/bit_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint32_t kSync = 0x7ff;
constexpr std::uint32_t kReservedVersion = 1;
constexpr std::uint32_t kMpeg1 = 3;
constexpr std::uint32_t kMpeg2 = 2;
constexpr std::uint32_t kLayer3 = 1;
constexpr std::uint32_t kBadBitrate = 15;
constexpr std::uint32_t kMono = 3;

}  // namespace

Result<Mp3Frame> parse_mp3_frame(std::span<const std::uint8_t> frame)
{
    constexpr std::array<std::uint32_t, 3> rates{44100, 48000, 32000};  // of MPEG 1
    BitReader r(frame);
    const auto sync = r.u(11);
    const auto version = r.u(2);
    const auto layer = r.u(2);
    r.skip(1);  // protection
    const auto bitrate = r.u(4);
    const auto rate = r.u(2);
    r.skip(2);  // padding, private
    const auto mode = r.u(2);
    r.skip(6);  // mode extension, copyright, original, emphasis

    if (!r.ok()) return tl::unexpected(Error{Errc::truncated, "mp3 frame header", r.offset()});
    if (sync != kSync || version == kReservedVersion || layer != kLayer3 || rate >= rates.size() ||
        bitrate == kBadBitrate) {
        return tl::unexpected(Error{Errc::malformed, "mp3 frame header", r.offset()});
    }
    const std::uint32_t divisor = version == kMpeg1 ? 1 : version == kMpeg2 ? 2 : 4;
    return Mp3Frame{.sample_rate = rates[rate] / divisor,
                    .channels = static_cast<std::uint8_t>(mode == kMono ? 1 : 2)};
}

}  // namespace sluice::codec
