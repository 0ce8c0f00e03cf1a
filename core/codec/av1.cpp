#include "core/codec/av1.hpp"

#include <array>
#include <cstdio>

#include "core/base/bit_reader.hpp"
#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kMarkerAndVersion = 0x81;
constexpr std::uint8_t kTsDescriptorTag = 0x80;
constexpr std::uint8_t kObuSequenceHeader = 1;
constexpr std::uint32_t kLevelWithTier = 7;  // levels above it have a tier bit

tl::unexpected<Error> fail(const BitReader& r, std::string_view where)
{
    return tl::unexpected(Error{r.ok() ? Errc::malformed : Errc::truncated, where, r.offset()});
}

/// 4.10.5; malformed above eight bytes shows as a size that doesn't fit.
std::uint64_t read_leb128(ByteReader& r)
{
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
        const auto byte = r.u8();
        value |= std::uint64_t{byte & 0x7fU} << (i * 7);
        if ((byte & 0x80) == 0) break;
    }
    return value;
}

/// The payload of the first sequence header among the OBUs; empty when there is none (5.3).
Result<std::span<const std::uint8_t>> find_sequence(ByteReader& r)
{
    while (r.remaining() > 0) {
        const auto head = r.u8();
        if ((head & 0x80) != 0) return r.fail(Errc::malformed, "av1 obu header");
        if ((head & 0x04) != 0) r.skip(1);  // extension
        const bool has_size = (head & 0x02) != 0;
        const auto size = has_size ? read_leb128(r) : r.remaining();
        const auto payload = r.bytes(size);
        if (!r.ok()) return r.fail(Errc::truncated, "av1 obu");
        if ((head >> 3 & 0x0f) == kObuSequenceHeader) return payload;
    }
    return std::span<const std::uint8_t>{};
}

/// uvlc(), 4.10.3.
std::uint32_t read_uvlc(BitReader& r)
{
    unsigned zeros = 0;
    while (r.ok() && !r.flag()) ++zeros;
    if (zeros >= 32) return 0xffffffff;
    return r.u(zeros) + (1U << zeros) - 1;
}

/// timing_info(), 5.5.3.
double read_fps(BitReader& r)
{
    const double units_in_tick = r.u(32);
    const double time_scale = r.u(32);
    if (!r.flag()) return 0;
    const double ticks_per_picture = read_uvlc(r) + 1.0;
    return units_in_tick > 0 ? time_scale / units_in_tick / ticks_per_picture : 0;
}

/// The operating points of a full header, 5.5.1; keeps the first one's level and tier.
void read_operating_points(BitReader& r, Av1Sequence& sequence)
{
    unsigned delay_bits = 0;
    if (r.flag()) {  // timing_info_present_flag
        sequence.fps = read_fps(r);
        if (r.flag()) {  // decoder_model_info_present_flag
            delay_bits = r.u(5) + 1;
            r.skip(32 + 5 + 5);
        }
    }
    const bool has_display_delay = r.flag();
    const auto points = r.u(5) + 1;
    for (std::uint32_t i = 0; i < points; ++i) {
        r.skip(12);  // operating_point_idc
        const auto level = r.u(5);
        const bool high_tier = level > kLevelWithTier && r.flag();
        if (i == 0) {
            sequence.level = static_cast<std::uint8_t>(level);
            sequence.high_tier = high_tier;
        }
        if (delay_bits > 0 && r.flag()) r.skip(delay_bits * 2 + 1);
        if (has_display_delay && r.flag()) r.skip(4);
    }
}

}  // namespace

Result<Av1Config> parse_av1_config(std::span<const std::uint8_t> record)
{
    ByteReader r(record);
    auto head = r.u8();
    const bool descriptor = head == kTsDescriptorTag;
    if (descriptor) {
        r.skip(1);  // descriptor_length
        head = r.u8();
    }
    const auto level = r.u8();
    const auto flags = r.u8();
    r.skip(1);  // initial presentation delay
    if (!r.ok()) return r.fail(Errc::truncated, "av1 configuration");
    if (head != kMarkerAndVersion) return r.fail(Errc::malformed, "av1 configuration version");

    Av1Config config{.profile = static_cast<std::uint8_t>(level >> 5),
                     .level = static_cast<std::uint8_t>(level & 0x1f),
                     .high_tier = (flags & 0x80) != 0,
                     .monochrome = (flags & 0x10) != 0};
    if ((flags & 0x40) != 0) config.bit_depth = (flags & 0x20) != 0 ? 12 : 10;
    if (descriptor) return config;

    const auto payload = find_sequence(r);
    if (!payload) return tl::unexpected(payload.error());
    if (payload->empty()) return config;
    const auto sequence = parse_av1_sequence(*payload);
    if (!sequence) return tl::unexpected(sequence.error());
    config.sequence = *sequence;
    return config;
}

Result<Av1Sequence> parse_av1_sequence(std::span<const std::uint8_t> payload)
{
    BitReader r(payload);
    Av1Sequence sequence;
    sequence.profile = static_cast<std::uint8_t>(r.u(3));
    const bool still_picture = r.flag();
    const bool reduced = r.flag();
    if (sequence.profile > 2) return fail(r, "av1 profile");
    if (reduced && !still_picture) return fail(r, "av1 reduced header of a moving picture");
    if (reduced) {
        sequence.level = static_cast<std::uint8_t>(r.u(5));
    } else {
        read_operating_points(r, sequence);
    }
    const auto width_bits = r.u(4) + 1;
    const auto height_bits = r.u(4) + 1;
    sequence.width = r.u(width_bits) + 1;
    sequence.height = r.u(height_bits) + 1;
    if (!r.ok()) return fail(r, "av1 sequence header");
    return sequence;
}

std::string_view av1_profile_name(std::uint8_t profile)
{
    constexpr std::array<std::string_view, 3> names{"Main", "High", "Professional"};
    return profile < names.size() ? names[profile] : std::string_view{};
}

std::string av1_codec_string(const Av1Config& config)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "av01.%u.%02u%c.%02u", config.profile, config.level,
                  config.high_tier ? 'H' : 'M', config.bit_depth);
    return text.data();
}

}  // namespace sluice::codec
