#include "nal_units.hpp"

#include <algorithm>

#include "core/base/byte_reader.hpp"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kLengthMask = 3;
constexpr std::uint8_t kCountMask = 0x1f;
constexpr std::size_t kAvcHead = 4;    // version, profile, compatibility, level
constexpr std::size_t kHevcHead = 21;  // everything before lengthSizeMinusOne
constexpr std::uint8_t kNalTypeMask = 0x3f;

/// `count` times a length of 16 bits and a NAL unit.
void read_units(ByteReader& reader, std::size_t count, std::vector<NalUnit>& units)
{
    for (; count > 0 && reader.ok(); --count) {
        const auto unit = reader.bytes(reader.u16());
        if (!unit.empty()) units.push_back(unit);
    }
}

/// VPS 32, SPS 33, PPS 34 (H.265 table 7-1), then the others.
int rank_of(const NalUnit& unit)
{
    const int type = unit[0] >> 1 & kNalTypeMask;
    return type >= 32 && type <= 34 ? type : 35;
}

}  // namespace

std::optional<NalUnit> NalUnits::next()
{
    while (!rest_.empty()) {
        if (rest_.size() < length_size_) break;
        std::size_t size = 0;
        for (std::size_t i = 0; i < length_size_; ++i) size = size << 8 | rest_[i];
        rest_ = rest_.subspan(length_size_);
        if (size > rest_.size()) break;
        const auto unit = rest_.first(size);
        rest_ = rest_.subspan(size);
        if (!unit.empty()) return unit;
    }
    broken_ = broken_ || !rest_.empty();
    rest_ = {};
    return std::nullopt;
}

Result<ParameterSets> avc_parameter_sets(std::span<const std::uint8_t> record)
{
    ByteReader reader(record);
    ParameterSets sets;
    reader.skip(kAvcHead);
    sets.nal_length_size = static_cast<std::uint8_t>((reader.u8() & kLengthMask) + 1);
    read_units(reader, reader.u8() & kCountMask, sets.units);
    read_units(reader, reader.u8(), sets.units);
    if (!reader.ok()) return reader.fail(Errc::truncated, "avc parameter sets");
    if (sets.nal_length_size == 3) return reader.fail(Errc::malformed, "avc length size");
    return sets;
}

Result<ParameterSets> hevc_parameter_sets(std::span<const std::uint8_t> record)
{
    ByteReader reader(record);
    ParameterSets sets;
    reader.skip(kHevcHead);
    sets.nal_length_size = static_cast<std::uint8_t>((reader.u8() & kLengthMask) + 1);
    for (int arrays = reader.u8(); arrays > 0 && reader.ok(); --arrays) {
        reader.skip(1);
        read_units(reader, reader.u16(), sets.units);
    }
    if (!reader.ok()) return reader.fail(Errc::truncated, "hevc parameter sets");
    if (sets.nal_length_size == 3) return reader.fail(Errc::malformed, "hevc length size");
    std::ranges::stable_sort(sets.units, {}, rank_of);
    return sets;
}

}  // namespace sluice::codec
