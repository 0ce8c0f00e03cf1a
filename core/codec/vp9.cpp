#include "core/codec/vp9.hpp"

#include <array>
#include <cstdio>

#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::size_t kBoxHeaderSize = 4;
constexpr std::size_t kSize = 8;                 // of the record without codec initialisation data
constexpr std::uint32_t kVersion1 = 0x01000000;  // version 1, no flags
constexpr std::uint8_t kMaxProfile = 3;

}  // namespace

Result<Vp9Config> parse_vp9_config(std::span<const std::uint8_t> record)
{
    ByteReader r(record);
    const bool boxed =
        record.size() >= kBoxHeaderSize + kSize && ByteReader(record).u32() == kVersion1;
    if (boxed) r.skip(kBoxHeaderSize);
    const auto profile = r.u8();
    const auto level = r.u8();
    const auto depth = static_cast<std::uint8_t>(r.u8() >> 4);
    r.skip(5);  // colour, size of the initialisation data

    if (!r.ok()) return r.fail(Errc::truncated, "vp9 configuration");
    const bool depth_exists = depth == 8 || depth == 10 || depth == 12;
    if (profile > kMaxProfile || !depth_exists) return r.fail(Errc::malformed, "vp9 configuration");
    return Vp9Config{.profile = profile, .level = level, .bit_depth = depth};
}

std::string vp9_codec_string(const Vp9Config& config)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "vp09.%02u.%02u.%02u", config.profile, config.level,
                  config.bit_depth);
    return text.data();
}

}  // namespace sluice::codec
