#include "containers.hpp"

#include <cstring>

namespace sluice::bench {
namespace {

constexpr std::size_t kBoxHeader = 8;
constexpr std::size_t kLargeBoxHeader = 16;
constexpr std::size_t kPacket = 188;
constexpr std::size_t kPacketHeader = 4;
constexpr std::uint8_t kSync = 0x47;

std::uint64_t big_endian(View bytes)
{
    std::uint64_t value = 0;
    for (const auto byte : bytes) value = value << 8 | byte;
    return value;
}

/// What a packet carries behind its header and its adaptation field.
View packet_payload(View packet)
{
    const bool adaptation = (packet[3] & 0x20) != 0;
    const bool payload = (packet[3] & 0x10) != 0;
    const auto from = kPacketHeader + (adaptation ? 1U + packet[4] : 0U);
    return payload && from < kPacket ? packet.subspan(from) : View{};
}

}  // namespace

Result<void> check_boxes(View bytes)
{
    bool media = false;
    while (!bytes.empty()) {
        if (bytes.size() < kBoxHeader) return fail("a part ends inside a box");
        auto size = big_endian(bytes.first(4));
        if (size == 1 && bytes.size() >= kLargeBoxHeader) size = big_endian(bytes.subspan(8, 8));
        if (size < kBoxHeader || size > bytes.size()) return fail("a part ends inside a box");
        media = media || std::memcmp(bytes.data() + 4, "mdat", 4) == 0;
        bytes = bytes.subspan(size);
    }
    if (!media) return fail("a part has no media");
    return {};
}

Result<std::map<std::uint16_t, Bytes>> transport_payloads(View segment)
{
    std::map<std::uint16_t, Bytes> payloads;
    if (segment.empty() || segment.size() % kPacket != 0)
        return fail("a segment is not whole transport packets");
    for (; !segment.empty(); segment = segment.subspan(kPacket)) {
        const auto packet = segment.first(kPacket);
        if (packet[0] != kSync) return fail("a segment is not whole transport packets");
        const auto pid = static_cast<std::uint16_t>(big_endian(packet.subspan(1, 2)) & 0x1fff);
        const auto payload = packet_payload(packet);
        auto& joined = payloads[pid];
        joined.insert(joined.end(), payload.begin(), payload.end());
    }
    return payloads;
}

}  // namespace sluice::bench
