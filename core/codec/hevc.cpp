#include "core/codec/hevc.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/byte_reader.hpp"
#include "core/codec/hevc_sps_fields.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kNalVps = 32;
constexpr std::uint8_t kNalSps = 33;
constexpr std::uint8_t kNalPps = 34;

HevcProfile read_profile(ByteReader& r)
{
    HevcProfile profile;
    const auto head = r.u8();
    profile.space = head >> 6;
    profile.high_tier = (head & 0x20) != 0;
    profile.profile = head & 0x1f;
    profile.compatibility = r.u32();
    for (auto& byte : profile.constraints) byte = r.u8();
    profile.level = r.u8();
    return profile;
}

void keep_first(std::span<const std::uint8_t>& slot, std::span<const std::uint8_t> nal)
{
    if (slot.empty()) slot = nal;
}

void read_array(ByteReader& r, HevcConfig& config)
{
    const std::uint8_t type = r.u8() & 0x3f;
    const int count = r.u16();
    for (int i = 0; i < count && r.ok(); ++i) {
        const auto nal = r.bytes(r.u16());
        if (type == kNalVps) keep_first(config.vps, nal);
        if (type == kNalSps) keep_first(config.sps, nal);
        if (type == kNalPps) keep_first(config.pps, nal);
    }
}

std::uint32_t reversed(std::uint32_t bits)
{
    std::uint32_t out = 0;
    for (int i = 0; i < 32; ++i) out |= (bits >> i & 1U) << (31 - i);
    return out;
}

}  // namespace

Result<HevcConfig> parse_hevc_config(std::span<const std::uint8_t> record)
{
    ByteReader r(record);
    const auto version = r.u8();
    HevcConfig config;
    config.profile = read_profile(r);
    r.skip(8);  // segmentation, parallelism, chroma, bit depths, frame rate
    config.nal_length_size = (r.u8() & 0x03) + 1;
    const int arrays = r.u8();
    for (int i = 0; i < arrays && r.ok(); ++i) read_array(r, config);

    if (!r.ok()) return r.fail(Errc::truncated, "hevc configuration");
    // Encoders from before the standard was final wrote version 0.
    if (version > 1) return r.fail(Errc::malformed, "hevc configuration version");
    if (config.nal_length_size == 3) return r.fail(Errc::malformed, "hevc nal length size");
    if (config.sps.empty()) return r.fail(Errc::malformed, "hevc configuration without sps");
    return config;
}

Result<HevcSps> parse_hevc_sps(std::span<const std::uint8_t> nal)
{
    RbspReader r(nal);
    const auto fail = [&r](std::string_view where) {
        return tl::unexpected(Error{r.ok() ? Errc::malformed : Errc::truncated, where, r.offset()});
    };
    if ((r.u(16) >> 9 & 0x3f) != kNalSps) return fail("hevc sps nal type");
    r.skip(4);  // sps_video_parameter_set_id
    const auto sub_layers = r.u(3);
    r.skip(1);  // sps_temporal_id_nesting_flag
    if (sub_layers > hevc::kMaxSubLayers) return fail("hevc sps sub-layers");

    HevcSps sps;
    sps.profile = hevc::read_profile_tier_level(r, sub_layers);
    if (!hevc::read_picture(r, sps)) return fail("hevc sps picture");
    if (!r.ok()) return fail("hevc sps");
    sps.fps = hevc::read_fps(r, sub_layers);
    return sps;
}

std::string_view hevc_profile_name(const HevcProfile& profile)
{
    switch (profile.profile) {
        case 1:
            return "Main";
        case 2:
            return "Main 10";
        case 3:
            return "Main Still Picture";
        case 4:
            return "Rext";
        case 9:
            return "SCC";
        default:
            return {};
    }
}

std::string hevc_codec_string(const HevcProfile& profile)
{
    constexpr std::array<const char*, 4> spaces{"", "A", "B", "C"};
    std::array<char, 48> head{};
    std::snprintf(head.data(), head.size(), "hvc1.%s%u.%X.%c%u", spaces[profile.space & 3],
                  profile.profile, reversed(profile.compatibility), profile.high_tier ? 'H' : 'L',
                  profile.level);
    std::string text = head.data();

    const auto& bytes = profile.constraints;
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](auto b) { return b != 0; });
    for (auto at = bytes.begin(); at != last.base(); ++at) {
        std::array<char, 8> hex{};
        std::snprintf(hex.data(), hex.size(), ".%X", *at);
        text += hex.data();
    }
    return text;
}

}  // namespace sluice::codec
