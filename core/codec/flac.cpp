#include "core/codec/flac.hpp"

#include "core/base/bit_reader.hpp"
#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint32_t kMagic = 0x664c6143;  // "fLaC"
constexpr std::size_t kStreamInfoSize = 34;
constexpr std::size_t kBlockHeaderSize = 4;
constexpr std::size_t kBeforeRate = 10;  // block and frame sizes

}  // namespace

Result<FlacConfig> parse_flac_config(std::span<const std::uint8_t> in)
{
    ByteReader r(in);
    const auto first = ByteReader(in).u32();
    // A dfLa box opens with version and flags, all zero; no block header does.
    const bool prefixed = in.size() > kStreamInfoSize && (first == kMagic || first == 0);
    if (prefixed) r.skip(sizeof first);
    if (in.size() > kStreamInfoSize) {
        // Bit 7 says that no other block follows; type 0 is STREAMINFO.
        const auto block = r.bytes(kBlockHeaderSize);
        if (!r.ok()) return r.fail(Errc::truncated, "flac block header");
        if ((block[0] & 0x7f) != 0) return r.fail(Errc::malformed, "flac stream information");
    }
    const auto info = r.bytes(kStreamInfoSize);
    if (!r.ok()) return r.fail(Errc::truncated, "flac stream information");

    BitReader bits(info.subspan(kBeforeRate));
    FlacConfig config;
    config.sample_rate = bits.u(20);
    config.channels = static_cast<std::uint8_t>(bits.u(3) + 1);
    config.bits_per_sample = static_cast<std::uint8_t>(bits.u(5) + 1);
    if (config.sample_rate == 0) return r.fail(Errc::malformed, "flac sample rate");
    return config;
}

}  // namespace sluice::codec
