#include "packets.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/byte_writer.hpp"

namespace sluice::mpegts {
namespace {

constexpr std::uint8_t kSync = 0x47;
constexpr std::uint16_t kUnitStart = 0x4000;
constexpr std::uint8_t kAdaptation = 0x20;
constexpr std::uint8_t kPayload = 0x10;
constexpr std::uint8_t kDiscontinuity = 0x80;
constexpr std::uint8_t kRandomAccess = 0x40;
constexpr std::uint8_t kHasPcr = 0x10;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kPcrBytes = 6;

/// Reads the pieces as one.
class Joined {
public:
    explicit Joined(PacketWriter::Pieces pieces) : next_(pieces)
    {
        for (const auto& piece : pieces) left_ += piece.size();
    }

    std::size_t left() const { return left_; }

    /// Copies `count` bytes to `out`; that many must be left.
    std::uint8_t* take(std::size_t count, std::uint8_t* out)
    {
        left_ -= count;
        while (count > 0) {
            if (at_ == next_.front().size()) {
                next_ = next_.subspan(1);
                at_ = 0;
                continue;
            }
            const auto n = std::min(count, next_.front().size() - at_);
            std::memcpy(out, next_.front().data() + at_, n);
            out += n;
            at_ += n;
            count -= n;
        }
        return out;
    }

private:
    PacketWriter::Pieces next_;
    std::size_t at_ = 0;  ///< in the first of them
    std::size_t left_ = 0;
};

/// Bytes of an adaptation field that says this, its length byte included; 0: none is needed.
std::size_t field_bytes(const PacketWriter::Start& start)
{
    if (start.pcr) return 2 + kPcrBytes;
    return start.random_access || start.discontinuity ? 2 : 0;
}

/// An adaptation field of `size` bytes in all, of which those that are left over are stuffing.
std::uint8_t* adaptation_field(const PacketWriter::Start& start, std::size_t size,
                               std::uint8_t* out)
{
    auto* const end = out + size;
    *out++ = static_cast<std::uint8_t>(size - 1);
    if (size == 1) return end;
    *out++ = static_cast<std::uint8_t>((start.discontinuity ? kDiscontinuity : 0) |
                                       (start.random_access ? kRandomAccess : 0) |
                                       (start.pcr ? kHasPcr : 0));
    if (start.pcr) {
        // 33 bits of 90 kHz, 6 reserved, 9 bits of 27 MHz that stay 0.
        SpanWriter clock({out, kPcrBytes});
        clock.u32(static_cast<std::uint32_t>(*start.pcr >> 1));
        clock.u16(static_cast<std::uint16_t>((*start.pcr & 1) << 15 | 0x7e00));
        out += kPcrBytes;
    }
    std::fill(out, end, std::uint8_t{0xff});
    return end;
}

/// How many packets hold so much behind this adaptation field.
std::size_t packets_for(std::size_t bytes, std::size_t first_field)
{
    constexpr auto kRoom = kPacketBytes - kHeader;
    return (bytes + first_field + kRoom - 1) / kRoom;
}

}  // namespace

void PacketWriter::append(Start says, Pieces pieces, std::vector<std::uint8_t>& out)
{
    Joined rest(pieces);
    says.discontinuity = !std::exchange(begun_, true);
    auto field = field_bytes(says);
    auto flags = static_cast<std::uint16_t>(kUnitStart | pid_);
    const auto at = out.size();
    out.resize(at + packets_for(rest.left(), field) * kPacketBytes);
    for (auto* packet = out.data() + at; rest.left() > 0;) {
        const auto room = kPacketBytes - kHeader - field;
        const auto payload = std::min(room, rest.left());
        field += room - payload;
        packet[0] = kSync;
        packet[1] = static_cast<std::uint8_t>(flags >> 8);
        packet[2] = static_cast<std::uint8_t>(flags);
        packet[3] = static_cast<std::uint8_t>((field > 0 ? kAdaptation : 0) | kPayload | counter_);
        packet += kHeader;
        counter_ = (counter_ + 1) & 0x0f;
        if (field > 0) packet = adaptation_field(says, field, packet);
        packet = rest.take(payload, packet);
        field = 0;
        says = {};
        flags = pid_;
    }
}

}  // namespace sluice::mpegts
