#include "stamp.hpp"

#include <cstring>

namespace sluice::bench {
namespace {

constexpr std::uint32_t kMagic = 0x504d5453;  // "STMP"

Stamp stamp_at(const std::uint8_t* at)
{
    Stamp stamp;
    std::memcpy(&stamp.sequence, at + 4, 4);
    std::memcpy(&stamp.sent_us, at + 8, 8);
    return stamp;
}

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

    return stamp_at(prefix.data() + at);
}

std::optional<StampRange> find_stamps(View bytes)
{
    std::optional<StampRange> range;
    while (bytes.size() >= kStampBytes) {
        const auto* found = static_cast<const std::uint8_t*>(memmem(
            bytes.data(), bytes.size() - kStampBytes + sizeof(kMagic), &kMagic, sizeof(kMagic)));
        if (found == nullptr) break;
        const auto stamp = stamp_at(found);
        if (!range) range = {stamp, stamp};
        if (stamp.sent_us < range->first.sent_us) range->first = stamp;
        if (stamp.sent_us > range->last.sent_us) range->last = stamp;
        bytes = bytes.subspan(static_cast<std::size_t>(found - bytes.data()) + kStampBytes);
    }
    return range;
}

}  // namespace sluice::bench
