#include "stamp.hpp"

#include <cstring>

namespace sluice::bench {
namespace {

constexpr std::uint32_t kMagic = 0x504d5453;  // "STMP"

}  // namespace

void write_stamp(std::uint8_t* to, const Stamp& stamp)
{
    std::memcpy(to, &kMagic, 4);
    std::memcpy(to + 4, &stamp.sequence, 4);
    std::memcpy(to + 8, &stamp.sent_us, 8);
}

std::optional<Stamp> read_stamp(MediaType type, View prefix)
{
    const auto at = type == MediaType::video ? kVideoStampAt : kAudioStampAt;
    if (type == MediaType::script || prefix.size() < at + kStampBytes || prefix[1] != 1) return {};

    std::uint32_t magic = 0;
    std::memcpy(&magic, prefix.data() + at, 4);
    if (magic != kMagic) return {};

    Stamp stamp;
    std::memcpy(&stamp.sequence, prefix.data() + at + 4, 4);
    std::memcpy(&stamp.sent_us, prefix.data() + at + 8, 8);
    return stamp;
}

}  // namespace sluice::bench
