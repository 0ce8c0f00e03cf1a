#include "core/codec/avc.hpp"

#include <array>
#include <cstdio>

#include "core/base/bit_reader.hpp"
#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kNalSps = 7;
constexpr std::uint8_t kExtendedSar = 255;
constexpr std::uint32_t kMaxMacroblocks =
    1024;  // a side of 16384 samples; level 6.2 allows 16,880 at most

tl::unexpected<Error> fail(const RbspReader& r, Errc code, std::string_view where)
{
    return tl::unexpected(Error{r.ok() ? code : Errc::truncated, where, r.offset()});
}

/// The profiles whose SPS has chroma_format_idc and scaling lists (7.3.2.1.1).
bool has_chroma_fields(std::uint8_t profile)
{
    constexpr std::array<std::uint8_t, 13> with{100, 110, 122, 244, 44,  83, 86,
                                                118, 128, 138, 139, 134, 135};
    for (const auto p : with) {
        if (p == profile) return true;
    }
    return false;
}

void skip_scaling_list(RbspReader& r, int size)
{
    std::int32_t last = 8;
    std::int32_t next = 8;
    for (int i = 0; i < size && r.ok(); ++i) {
        if (next != 0) next = static_cast<std::int32_t>((std::int64_t{last} + r.se()) & 0xff);
        if (next != 0) last = next;
    }
}

void skip_scaling_matrix(RbspReader& r, std::uint8_t chroma_format)
{
    const int lists = chroma_format == 3 ? 12 : 8;
    for (int i = 0; i < lists; ++i) {
        if (r.flag()) skip_scaling_list(r, i < 6 ? 16 : 64);
    }
}

/// False when a value is outside what 7.4.2.1.1 allows.
bool read_chroma_fields(RbspReader& r, AvcSps& sps, bool& separate_planes)
{
    const auto chroma_format = r.ue();
    if (chroma_format > 3) return false;
    sps.chroma_format = static_cast<std::uint8_t>(chroma_format);
    if (chroma_format == 3) separate_planes = r.flag();
    const auto luma_depth = r.ue();
    const auto chroma_depth = r.ue();
    if (luma_depth > 6 || chroma_depth > 6) return false;
    sps.bit_depth = static_cast<std::uint8_t>(8 + luma_depth);
    r.skip(1);  // qpprime_y_zero_transform_bypass_flag
    if (r.flag()) skip_scaling_matrix(r, sps.chroma_format);
    return true;
}

void skip_picture_order(RbspReader& r)
{
    const auto type = r.ue();
    if (type == 0) {
        r.ue();
    } else if (type == 1) {
        r.skip(1);
        r.se();
        r.se();
        for (auto left = r.ue(); left > 0 && r.ok(); --left) r.se();
    }
}

bool read_size(RbspReader& r, AvcSps& sps, bool separate_planes)
{
    const std::uint64_t columns = std::uint64_t{r.ue()} + 1;
    const std::uint64_t rows = std::uint64_t{r.ue()} + 1;
    sps.interlaced = !r.flag();
    if (sps.interlaced) r.skip(1);  // mb_adaptive_frame_field_flag
    r.skip(1);                      // direct_8x8_inference_flag
    const std::uint64_t field_factor = sps.interlaced ? 2 : 1;
    if (columns > kMaxMacroblocks || rows * field_factor > kMaxMacroblocks) return false;
    const std::uint64_t width = columns * 16;
    const std::uint64_t height = rows * 16 * field_factor;

    std::array<std::uint64_t, 4> crop{};  // left, right, top, bottom
    if (r.flag()) {
        for (auto& side : crop) side = r.ue();
    }
    const bool sampled = sps.chroma_format != 0 && !separate_planes;
    const std::uint64_t unit_x = sampled && sps.chroma_format != 3 ? 2 : 1;
    const std::uint64_t unit_y = (sampled && sps.chroma_format == 1 ? 2 : 1) * field_factor;
    const auto cut_x = (crop[0] + crop[1]) * unit_x;
    const auto cut_y = (crop[2] + crop[3]) * unit_y;
    if (cut_x >= width || cut_y >= height) return false;
    sps.width = static_cast<std::uint32_t>(width - cut_x);
    sps.height = static_cast<std::uint32_t>(height - cut_y);
    return true;
}

/// E.1.1, up to the timing information.
double read_fps(RbspReader& r)
{
    if (r.flag() && r.u(8) == kExtendedSar) r.skip(32);
    if (r.flag()) r.skip(1);  // overscan
    if (r.flag()) {           // video signal type
        r.skip(4);
        if (r.flag()) r.skip(24);
    }
    if (r.flag()) {  // chroma location
        r.ue();
        r.ue();
    }
    if (!r.flag()) return 0;
    const auto units_in_tick = r.u(32);
    const auto time_scale = r.u(32);
    if (!r.ok() || units_in_tick == 0) return 0;
    return time_scale / 2.0 / units_in_tick;  // a tick is a field
}

}  // namespace

Result<AvcConfig> parse_avc_config(std::span<const std::uint8_t> record)
{
    ByteReader r(record);
    const auto version = r.u8();
    AvcConfig config;
    config.profile = r.u8();
    config.compatibility = r.u8();
    config.level = r.u8();
    config.nal_length_size = (r.u8() & 0x03) + 1;
    const int sps_count = r.u8() & 0x1f;
    for (int i = 0; i < sps_count; ++i) {
        const auto sps = r.bytes(r.u16());
        if (i == 0) config.sps = sps;
    }
    const int pps_count = r.u8();
    for (int i = 0; i < pps_count; ++i) {
        const auto pps = r.bytes(r.u16());
        if (i == 0) config.pps = pps;
    }

    if (!r.ok()) return r.fail(Errc::truncated, "avc configuration");
    if (version != 1) return r.fail(Errc::malformed, "avc configuration version");
    if (config.nal_length_size == 3) return r.fail(Errc::malformed, "avc nal length size");
    if (config.sps.empty()) return r.fail(Errc::malformed, "avc configuration without sps");
    return config;
}

Result<AvcSps> parse_avc_sps(std::span<const std::uint8_t> nal)
{
    RbspReader r(nal);
    if ((r.u(8) & 0x1f) != kNalSps) return fail(r, Errc::malformed, "avc sps nal type");
    AvcSps sps;
    sps.profile = static_cast<std::uint8_t>(r.u(8));
    sps.compatibility = static_cast<std::uint8_t>(r.u(8));
    sps.level = static_cast<std::uint8_t>(r.u(8));
    r.ue();  // seq_parameter_set_id
    bool separate_planes = false;
    if (has_chroma_fields(sps.profile) && !read_chroma_fields(r, sps, separate_planes)) {
        return fail(r, Errc::malformed, "avc sps chroma");
    }
    r.ue();  // log2_max_frame_num_minus4
    skip_picture_order(r);
    r.ue();     // max_num_ref_frames
    r.skip(1);  // gaps_in_frame_num_value_allowed_flag
    if (!read_size(r, sps, separate_planes)) return fail(r, Errc::malformed, "avc sps size");
    const bool has_vui = r.flag();
    if (!r.ok()) return fail(r, Errc::truncated, "avc sps");
    if (has_vui) sps.fps = read_fps(r);
    return sps;
}

std::string_view avc_profile_name(std::uint8_t profile, std::uint8_t compatibility)
{
    const bool intra = (compatibility & 0x10) != 0;  // constraint_set3_flag
    switch (profile) {
        case 66:
            return (compatibility & 0x40) != 0 ? "Constrained Baseline" : "Baseline";
        case 77:
            return "Main";
        case 88:
            return "Extended";
        case 100:
            return "High";
        case 110:
            return intra ? "High 10 Intra" : "High 10";
        case 122:
            return intra ? "High 4:2:2 Intra" : "High 4:2:2";
        case 244:
            return intra ? "High 4:4:4 Intra" : "High 4:4:4 Predictive";
        case 44:
            return "CAVLC 4:4:4 Intra";
        default:
            return {};
    }
}

std::string avc_codec_string(std::uint8_t profile, std::uint8_t compatibility, std::uint8_t level)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "avc1.%02x%02x%02x", profile, compatibility, level);
    return text.data();
}

}  // namespace sluice::codec
