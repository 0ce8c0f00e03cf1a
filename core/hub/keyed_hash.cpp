#include "keyed_hash.hpp"

#include <bit>
#include <cstring>

namespace sluice::hub {

std::uint64_t keyed_hash(std::string_view bytes, const std::uint64_t key[2])
{
    std::uint64_t v0 = key[0] ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d;
    std::uint64_t v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
    const auto round = [&] {
        v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
        v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    };
    std::uint64_t last = std::uint64_t{bytes.size()} << 56;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t m = 0;
        std::memcpy(&m, bytes.data() + at, 8);
        v3 ^= m;
        round(), round();
        v0 ^= m;
    }
    for (std::size_t i = 0; at + i < bytes.size(); ++i) {
        last |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    }
    v3 ^= last;
    round(), round();
    v0 ^= last;
    v2 ^= 0xff;
    round(), round(), round(), round();
    return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace sluice::hub
