#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::hub {

/// SipHash-2-4 (Aumasson, Bernstein 2012). Keyed, so that nobody outside can choose inputs that
/// collide: the hash alone identifies what it was made of.
std::uint64_t keyed_hash(std::string_view bytes, const std::uint64_t key[2]);

}  // namespace sluice::hub
