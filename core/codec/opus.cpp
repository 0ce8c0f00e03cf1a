#include "core/codec/opus.hpp"

#include <algorithm>
#include <array>

#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd'};
constexpr std::uint8_t kUnmappedChannel = 255;

std::uint16_t swapped(std::uint16_t value)
{
    return static_cast<std::uint16_t>(value << 8 | value >> 8);
}

/// The channel mapping table of families other than 0 (RFC 7845, 5.1.1).
Result<void> check_mapping(ByteReader& r, std::uint8_t channels)
{
    const int streams = r.u8();
    const int coupled = r.u8();
    const auto mapping = r.bytes(channels);
    if (!r.ok()) return r.fail(Errc::truncated, "opus channel mapping");
    if (streams == 0 || coupled > streams) return r.fail(Errc::malformed, "opus streams");
    const bool fits = std::all_of(mapping.begin(), mapping.end(), [&](std::uint8_t index) {
        return index == kUnmappedChannel || index < streams + coupled;
    });
    if (!fits) return r.fail(Errc::malformed, "opus channel mapping");
    return {};
}

}  // namespace

Result<OpusConfig> parse_opus_config(std::span<const std::uint8_t> in)
{
    const bool head =
        in.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), in.begin());
    ByteReader r(head ? in.subspan(kMagic.size()) : in);
    const auto version = r.u8();
    OpusConfig config;
    config.channels = r.u8();
    // OpusHead is little-endian, dOps big-endian.
    const auto u16 = [&] { return head ? swapped(r.u16()) : r.u16(); };
    config.pre_skip = u16();
    const std::uint32_t first = u16();
    const std::uint32_t second = u16();
    config.input_rate = head ? second << 16 | first : first << 16 | second;
    config.gain = static_cast<std::int16_t>(u16());
    config.mapping_family = r.u8();

    if (!r.ok()) return r.fail(Errc::truncated, "opus configuration");
    // RFC 7845: versions below 16 are compatible; dOps knows only 0.
    if (version > (head ? 15 : 0)) return r.fail(Errc::malformed, "opus version");
    if (config.channels == 0) return r.fail(Errc::malformed, "opus channels");
    if (config.mapping_family == 0) {
        if (config.channels > 2) return r.fail(Errc::malformed, "opus channels");
        return config;
    }
    if (const auto fits = check_mapping(r, config.channels); !fits) {
        return tl::unexpected(fits.error());
    }
    return config;
}

}  // namespace sluice::codec
