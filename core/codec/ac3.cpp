#include "core/codec/ac3.hpp"

#include <array>

#include "core/base/bit_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint32_t kSync = 0x0b77;
constexpr std::uint32_t kMaxBitstreamId = 10;  // 11 to 16 are E-AC-3
constexpr std::uint32_t kStereo = 2;

}  // namespace

Result<Ac3Frame> parse_ac3_frame(std::span<const std::uint8_t> frame)
{
    constexpr std::array<std::uint32_t, 3> rates{48000, 44100, 32000};
    constexpr std::array<std::uint8_t, 8> channels{2, 1, 2, 3, 3, 4, 4, 5};
    BitReader r(frame);
    const auto sync = r.u(16);
    r.skip(16);  // crc1
    const auto rate = r.u(2);
    r.skip(6);  // frmsizecod
    const auto bitstream_id = r.u(5);
    r.skip(3);  // bsmod
    const auto mode = r.u(3);
    if ((mode & 1) != 0 && mode != 1) r.skip(2);  // cmixlev: there is a centre
    if ((mode & 4) != 0) r.skip(2);               // surmixlev: there is a surround
    if (mode == kStereo) r.skip(2);               // dsurmod
    const bool low_frequency = r.flag();

    if (!r.ok()) return tl::unexpected(Error{Errc::truncated, "ac3 frame", r.offset()});
    if (sync != kSync || rate >= rates.size() || bitstream_id > kMaxBitstreamId) {
        return tl::unexpected(Error{Errc::malformed, "ac3 frame", r.offset()});
    }
    const auto count = channels[mode] + (low_frequency ? 1 : 0);
    return Ac3Frame{.sample_rate = rates[rate], .channels = static_cast<std::uint8_t>(count)};
}

}  // namespace sluice::codec
