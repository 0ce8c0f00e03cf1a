#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/base/byte_reader.hpp"

namespace sluice::fmp4 {

/// A box's type as the big-endian number it is in the file.
constexpr std::uint32_t box_type(const char (&text)[5])
{
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[i]);
    return value;
}

struct ReadBox {
    std::uint32_t type = 0;
    std::span<const std::uint8_t> content;  ///< borrowed; of a FullBox with version and flags
};

/// The boxes that lie one after the other in a box's content (ISO/IEC 14496-12, 4.2). One that does
/// not fit ends them, and ok() is false for good. Borrows its input.
class BoxReader {
public:
    explicit BoxReader(std::span<const std::uint8_t> in) : in_(in) {}

    std::optional<ReadBox> next()
    {
        if (in_.remaining() == 0 || !ok_) return std::nullopt;
        std::uint64_t head = 8;
        std::uint64_t size = in_.u32();
        const auto type = in_.u32();
        if (size == 1) {
            size = in_.u64();
            head = 16;
        } else if (size == 0) {  // to the end of what it is in
            size = head + in_.remaining();
        }
        ok_ = in_.ok() && size >= head && size - head <= in_.remaining();
        if (!ok_) return std::nullopt;
        return ReadBox{type, in_.bytes(static_cast<std::size_t>(size - head))};
    }

    /// Passes over boxes of other types.
    std::optional<std::span<const std::uint8_t>> next(std::uint32_t type)
    {
        while (const auto box = next()) {
            if (box->type == type) return box->content;
        }
        return std::nullopt;
    }

    bool ok() const { return ok_; }

private:
    ByteReader in_;
    bool ok_ = true;
};

/// The content of the first box of that type; empty when there is none, so that whoever reads it
/// finds it too short.
inline std::span<const std::uint8_t> find_box(std::span<const std::uint8_t> in, std::uint32_t type)
{
    return BoxReader(in).next(type).value_or(std::span<const std::uint8_t>());
}

/// The first four bytes of a FullBox.
struct FullBox {
    std::uint8_t version = 0;
    std::uint32_t flags = 0;
};

inline FullBox read_full_box(ByteReader& in)
{
    const auto version = in.u8();
    return {version, in.u24()};
}

}  // namespace sluice::fmp4
