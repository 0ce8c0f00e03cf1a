#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/byte_writer.hpp"

namespace sluice::fmp4 {

/// Fills in a number whose place was left open: `bytes` must hold four bytes at `at`.
inline void put_u32(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value)
{
    for (unsigned i = 0; i < 4; ++i) {
        bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
}

/// A box (ISO/IEC 14496-12, 4.2) that is open as long as this lives: what is appended to `out`
/// meanwhile is its content, other boxes included. Its size is filled in at the end.
class Box {
public:
    /// `type`: four characters.
    Box(std::vector<std::uint8_t>& out, std::string_view type) : out_(out), start_(out.size())
    {
        ByteWriter writer(out);
        writer.u32(0);
        writer.bytes({reinterpret_cast<const std::uint8_t*>(type.data()), type.size()});
    }

    /// A FullBox.
    Box(std::vector<std::uint8_t>& out, std::string_view type, std::uint8_t version,
        std::uint32_t flags)
        : Box(out, type)
    {
        ByteWriter writer(out);
        writer.u8(version);
        writer.u24(flags);
    }

    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;

    ~Box() { put_u32(out_, start_, static_cast<std::uint32_t>(out_.size() - start_)); }

private:
    std::vector<std::uint8_t>& out_;
    std::size_t start_;
};

}  // namespace sluice::fmp4
