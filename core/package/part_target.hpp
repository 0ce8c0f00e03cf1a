#pragma once

#include <cstdint>

namespace sluice::package {

/// The longest multiple of a frame's duration that is not above what was asked for, at least one
/// frame; same units. Parts of a steady stream are then all of that length, as RFC 8216bis, 4.4.3.7
/// wants them (not under 85 %).
constexpr std::uint64_t part_target(std::uint64_t asked, std::uint32_t frame)
{
    if (frame == 0) return asked;
    return asked < frame ? frame : asked / frame * frame;
}

}  // namespace sluice::package
