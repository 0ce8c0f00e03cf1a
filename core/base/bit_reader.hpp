#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice {

/// Bits, most significant first, that never overrun: past the end (or after an Exp-Golomb code
/// longer than 32 bits) every read yields zero and ok() is false for good. Borrows its input. With
/// `kEscaped` the 03 of each 00 00 03 is dropped (H.264 7.4.1, H.265 7.4.2: the payload of a NAL
/// unit).
template <bool kEscaped>
class BasicBitReader {
public:
    explicit BasicBitReader(std::span<const std::uint8_t> in) : in_(in) {}

    /// Unsigned, `n` ≤ 32 bits.
    std::uint32_t u(unsigned n)
    {
        std::uint64_t value = 0;
        while (n > 0 && refill()) {
            const unsigned take = n < left_ ? n : left_;
            left_ -= take;
            value = value << take | (byte_ >> left_ & ((1U << take) - 1));
            n -= take;
        }
        return bad_ ? 0 : static_cast<std::uint32_t>(value);
    }
    bool flag() { return u(1) != 0; }

    /// Passes over any number of bits.
    void skip(std::size_t n)
    {
        for (; n > 32 && !bad_; n -= 32) u(32);
        if (!bad_) u(static_cast<unsigned>(n));
    }

    /// Unsigned Exp-Golomb, H.264 9.1.
    std::uint32_t ue()
    {
        unsigned zeros = 0;
        while (!bad_ && !flag()) ++zeros;
        if (zeros > 31) bad_ = true;
        if (bad_) return 0;
        const auto tail = u(zeros);
        return bad_ ? 0 : (1U << zeros) - 1 + tail;
    }

    /// Signed Exp-Golomb, H.264 9.1.1.
    std::int32_t se()
    {
        const std::int64_t code = ue();
        return static_cast<std::int32_t>((code & 1) != 0 ? (code + 1) / 2 : -(code / 2));
    }

    /// Moves to the next byte boundary of the input.
    void align() { left_ = 0; }

    /// Bits not read yet; escape bytes still ahead are counted.
    std::size_t bits_left() const { return bad_ ? 0 : (in_.size() - at_) * 8 + left_; }
    bool ok() const { return !bad_; }
    /// The first byte that was not looked at yet, for Error::offset.
    std::size_t offset() const { return at_; }

private:
    bool refill()
    {
        if (bad_) return false;
        if (left_ > 0) return true;
        if constexpr (kEscaped) {
            if (zeros_ >= 2 && at_ < in_.size() && in_[at_] == 3) {
                ++at_;
                zeros_ = 0;
            }
        }
        if (at_ == in_.size()) {
            bad_ = true;
            return false;
        }
        byte_ = in_[at_++];
        zeros_ = byte_ == 0 ? zeros_ + 1 : 0;
        left_ = 8;
        return true;
    }

    std::span<const std::uint8_t> in_;
    std::size_t at_ = 0;
    std::size_t zeros_ = 0;
    unsigned left_ = 0;
    std::uint8_t byte_ = 0;
    bool bad_ = false;
};

using BitReader = BasicBitReader<false>;
/// Reads the payload of a NAL unit without its emulation prevention bytes.
using RbspReader = BasicBitReader<true>;

}  // namespace sluice
