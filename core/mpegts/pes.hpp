#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/byte_writer.hpp"

namespace sluice::mpegts {

inline constexpr std::uint8_t kVideoStreamId = 0xe0;
inline constexpr std::uint8_t kAudioStreamId = 0xc0;

/// The head of a PES packet (ISO/IEC 13818-1, 2.4.3.6). Times are of 90 kHz, their low 33 bits
/// count.
class PesHead {
public:
    /// `payload`: bytes that follow; the length of video is left open, as that of long packets
    /// must.
    PesHead(std::uint8_t stream_id, std::uint64_t pts, std::uint64_t dts, std::size_t payload)
    {
        SpanWriter out(bytes_);
        const bool both = pts != dts;
        const std::size_t times = both ? 10 : 5;
        const auto length = 3 + times + payload;
        const bool open = stream_id == kVideoStreamId || length > 0xffff;
        out.u24(1);
        out.u8(stream_id);
        out.u16(open ? 0 : static_cast<std::uint16_t>(length));
        out.u8(0x84);  // '10', data alignment
        out.u8(both ? 0xc0 : 0x80);
        out.u8(static_cast<std::uint8_t>(times));
        time(out, both ? 3 : 2, pts);
        if (both) time(out, 1, dts);
        size_ = out.size();
    }

    std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(size_); }

private:
    /// 33 bits in three parts with a marker bit behind each.
    static void time(SpanWriter& out, unsigned prefix, std::uint64_t value)
    {
        out.u8(static_cast<std::uint8_t>(prefix << 4 | (value >> 29 & 0x0e) | 1));
        out.u16(static_cast<std::uint16_t>((value >> 14 & 0xfffe) | 1));
        out.u16(static_cast<std::uint16_t>((value << 1 & 0xfffe) | 1));
    }

    std::array<std::uint8_t, 19> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace sluice::mpegts
