#include "packets.hpp"

#include <algorithm>
#include <array>

#include "core/base/byte_writer.hpp"

namespace sluice::mpegts {
namespace {

constexpr std::uint8_t kSync = 0x47;
constexpr std::uint16_t kUnitStart = 0x4000;
constexpr std::uint8_t kAdaptation = 0x20;
constexpr std::uint8_t kPayload = 0x10;
constexpr std::uint8_t kRandomAccess = 0x40;
constexpr std::uint8_t kHasPcr = 0x10;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kPcrBytes = 6;

/// Two spans read as one.
class Joined {
public:
    Joined(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second)
        : parts_{first, second}
    {}

    std::size_t size() const { return parts_[0].size() + parts_[1].size(); }

    void take(std::size_t count, ByteWriter& out)
    {
        for (auto& part : parts_) {
            const auto n = std::min(count, part.size());
            out.bytes(part.first(n));
            part = part.subspan(n);
            count -= n;
        }
    }

private:
    std::array<std::span<const std::uint8_t>, 2> parts_;
};

/// Bytes of an adaptation field that says this, its length byte included; 0: none is needed.
std::size_t field_bytes(const PacketWriter::Start& start)
{
    if (start.pcr) return 2 + kPcrBytes;
    return start.random_access ? 2 : 0;
}

/// An adaptation field of `size` bytes in all, of which those that are left over are stuffing.
void adaptation_field(const PacketWriter::Start& start, std::size_t size, ByteWriter& out)
{
    out.u8(static_cast<std::uint8_t>(size - 1));
    if (size == 1) return;
    out.u8(static_cast<std::uint8_t>((start.random_access ? kRandomAccess : 0) |
                                     (start.pcr ? kHasPcr : 0)));
    std::size_t used = 2;
    if (start.pcr) {
        // 33 bits of 90 kHz, 6 reserved, 9 bits of 27 MHz that stay 0.
        out.u32(static_cast<std::uint32_t>(*start.pcr >> 1));
        out.u16(static_cast<std::uint16_t>((*start.pcr & 1) << 15 | 0x7e00));
        used += kPcrBytes;
    }
    for (; used < size; ++used) out.u8(0xff);
}

}  // namespace

void PacketWriter::append(const Start& start, std::span<const std::uint8_t> head,
                          std::span<const std::uint8_t> body, std::vector<std::uint8_t>& out)
{
    ByteWriter writer(out);
    Joined rest(head, body);
    for (bool first = true; rest.size() > 0; first = false) {
        const auto says = first ? start : Start{};
        auto field = field_bytes(says);
        const auto room = kPacketBytes - kHeader - field;
        const auto payload = std::min(room, rest.size());
        field += room - payload;
        writer.u8(kSync);
        writer.u16(static_cast<std::uint16_t>((first ? kUnitStart : 0) | pid_));
        writer.u8(static_cast<std::uint8_t>((field > 0 ? kAdaptation : 0) | kPayload | counter_));
        counter_ = (counter_ + 1) & 0x0f;
        if (field > 0) adaptation_field(says, field, writer);
        rest.take(payload, writer);
    }
}

}  // namespace sluice::mpegts
