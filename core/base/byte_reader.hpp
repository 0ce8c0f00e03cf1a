#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice {

/// Big-endian reader that never overruns: after the first short read every later read yields zero
/// or an empty span, so a parser reads all its fields and checks ok() once. Borrows its input.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::uint8_t> in) : in_(in) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(be(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(be(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(be(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(be(4)); }
    std::uint64_t u64() { return be(8); }
    std::int32_t s24() { return static_cast<std::int32_t>(u24() << 8) >> 8; }

    /// The next `n` bytes, borrowed; empty when fewer are left.
    std::span<const std::uint8_t> bytes(std::size_t n)
    {
        if (!take(n)) return {};
        return in_.subspan(at_ - n, n);
    }
    void skip(std::size_t n) { take(n); }

    /// What is not read yet; the reader does not move.
    std::span<const std::uint8_t> rest() const { return in_.subspan(at_); }
    std::size_t remaining() const { return in_.size() - at_; }
    std::size_t offset() const { return at_; }

    bool ok() const { return !short_; }
    tl::unexpected<Error> fail(Errc code, std::string_view where) const
    {
        return tl::unexpected(Error{code, where, at_});
    }

private:
    bool take(std::size_t n)
    {
        if (short_ || remaining() < n) {
            short_ = true;
            return false;
        }
        at_ += n;
        return true;
    }

    std::uint64_t be(std::size_t n)
    {
        std::uint64_t value = 0;
        for (const auto byte : bytes(n)) value = value << 8 | byte;
        return value;
    }

    std::span<const std::uint8_t> in_;
    std::size_t at_ = 0;
    bool short_ = false;
};

}  // namespace sluice
