#include "core/codec/hevc_sps_fields.hpp"

#include <algorithm>
#include <array>

namespace sluice::codec::hevc {
namespace {

constexpr std::uint32_t kMaxSide = 16888;  // level 6.2 allows no more (A.4.1)
constexpr std::uint32_t kMaxShortTermSets = 64;
constexpr std::uint32_t kMaxLongTermPictures = 32;
constexpr std::uint32_t kMaxReferencePictures = 16;
constexpr std::uint32_t kExtendedSar = 255;

/// 7.3.4.
void skip_scaling_lists(RbspReader& r)
{
    for (int size = 0; size < 4; ++size) {
        for (int matrix = 0; matrix < 6 && r.ok(); matrix += size == 3 ? 3 : 1) {
            if (!r.flag()) {
                r.ue();
                continue;
            }
            if (size > 1) r.se();
            const int coefficients = std::min(64, 1 << (4 + size * 2));
            for (int i = 0; i < coefficients; ++i) r.se();
        }
    }
}

/// A set that is written as changes to the one before it; yields its number of pictures.
std::uint32_t skip_predicted_set(RbspReader& r, std::uint32_t pictures_before)
{
    r.skip(1);  // delta_rps_sign
    r.ue();     // abs_delta_rps_minus1
    std::uint32_t pictures = 0;
    for (std::uint32_t i = 0; i <= pictures_before; ++i) {
        const bool used = r.flag();
        if (used || r.flag()) ++pictures;
    }
    return pictures;
}

/// 7.3.7. False when a set is larger than a decoder's memory.
bool skip_short_term_sets(RbspReader& r)
{
    const auto sets = r.ue();
    if (sets > kMaxShortTermSets) return false;
    std::uint32_t pictures = 0;
    for (std::uint32_t i = 0; i < sets && r.ok(); ++i) {
        if (i > 0 && r.flag()) {
            pictures = skip_predicted_set(r, pictures);
            if (pictures > kMaxReferencePictures) return false;
            continue;
        }
        const auto before = r.ue();
        const auto after = r.ue();
        if (before > kMaxReferencePictures || after > kMaxReferencePictures) return false;
        pictures = before + after;
        for (std::uint32_t p = 0; p < pictures; ++p) {
            r.ue();
            r.skip(1);
        }
    }
    return r.ok();
}

bool skip_long_term_pictures(RbspReader& r, std::uint32_t order_bits)
{
    if (!r.flag()) return true;
    const auto pictures = r.ue();
    if (pictures > kMaxLongTermPictures) return false;
    for (std::uint32_t i = 0; i < pictures; ++i) r.skip(order_bits + 1);
    return true;
}

void skip_pcm(RbspReader& r)
{
    if (!r.flag()) return;
    r.skip(8);
    r.ue();
    r.ue();
    r.skip(1);
}

void skip_window(RbspReader& r)
{
    for (int side = 0; side < 4; ++side) r.ue();
}

/// E.2.1, up to the timing information.
double read_timing(RbspReader& r)
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
    r.skip(3);  // neutral chroma, field sequence, frame field information
    if (r.flag()) skip_window(r);
    if (!r.flag()) return 0;
    const double units_in_tick = r.u(32);
    const double time_scale = r.u(32);
    return r.ok() && units_in_tick > 0 ? time_scale / units_in_tick : 0;
}

}  // namespace

HevcProfile read_profile_tier_level(RbspReader& r, std::uint32_t sub_layers_minus1)
{
    HevcProfile profile;
    profile.space = static_cast<std::uint8_t>(r.u(2));
    profile.high_tier = r.flag();
    profile.profile = static_cast<std::uint8_t>(r.u(5));
    profile.compatibility = r.u(32);
    for (auto& byte : profile.constraints) byte = static_cast<std::uint8_t>(r.u(8));
    profile.level = static_cast<std::uint8_t>(r.u(8));
    if (sub_layers_minus1 == 0) return profile;

    std::array<bool, kMaxSubLayers> has_profile{};
    std::array<bool, kMaxSubLayers> has_level{};
    for (std::uint32_t i = 0; i < sub_layers_minus1; ++i) {
        has_profile[i] = r.flag();
        has_level[i] = r.flag();
    }
    r.skip(std::size_t{8 - sub_layers_minus1} * 2);
    for (std::uint32_t i = 0; i < sub_layers_minus1; ++i) {
        r.skip((has_profile[i] ? 88 : 0) + (has_level[i] ? 8 : 0));
    }
    return profile;
}

bool read_picture(RbspReader& r, HevcSps& sps)
{
    r.ue();  // sps_seq_parameter_set_id
    const auto chroma_format = r.ue();
    if (chroma_format > 3) return false;
    sps.chroma_format = static_cast<std::uint8_t>(chroma_format);
    const bool separate_planes = chroma_format == 3 && r.flag();
    sps.width = r.ue();
    sps.height = r.ue();
    if (sps.width > kMaxSide || sps.height > kMaxSide) return false;

    std::array<std::uint64_t, 4> cut{};  // left, right, top, bottom
    if (r.flag()) {
        for (auto& side : cut) side = r.ue();
    }
    const bool sampled = chroma_format != 0 && chroma_format != 3 && !separate_planes;
    const auto cut_x = (cut[0] + cut[1]) * (sampled ? 2 : 1);
    const auto cut_y = (cut[2] + cut[3]) * (sampled && chroma_format == 1 ? 2 : 1);
    if (cut_x >= sps.width || cut_y >= sps.height) return false;
    sps.width -= static_cast<std::uint32_t>(cut_x);
    sps.height -= static_cast<std::uint32_t>(cut_y);

    const auto luma_depth = r.ue();
    const auto chroma_depth = r.ue();
    if (luma_depth > 8 || chroma_depth > 8) return false;
    sps.bit_depth = static_cast<std::uint8_t>(8 + luma_depth);
    return true;
}

double read_fps(RbspReader& r, std::uint32_t sub_layers_minus1)
{
    const auto order_bits = r.ue() + 4;
    if (order_bits > 16) return 0;
    const auto orderings = r.flag() ? sub_layers_minus1 + 1 : 1;
    for (std::uint32_t i = 0; i < orderings * 3; ++i) r.ue();
    for (int i = 0; i < 6; ++i) r.ue();  // coding and transform block sizes and depths
    if (r.flag() && r.flag()) skip_scaling_lists(r);
    r.skip(2);  // asymmetric partitions, sample adaptive offset
    skip_pcm(r);
    if (!skip_short_term_sets(r) || !skip_long_term_pictures(r, order_bits)) return 0;
    r.skip(2);  // temporal motion vector prediction, strong intra smoothing
    return r.flag() ? read_timing(r) : 0;
}

}  // namespace sluice::codec::hevc
