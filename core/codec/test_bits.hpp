#pragma once

#include <cstdint>
#include <vector>

namespace sluice::codec::samples {

/// Builds bit streams by hand, most significant bit first, for what no encoder here writes.
class Bits {
public:
    Bits& u(unsigned n, std::uint64_t value)
    {
        for (; n > 0; --n) bit((value >> (n - 1) & 1) != 0);
        return *this;
    }
    Bits& ue(std::uint32_t value)
    {
        const std::uint64_t code = std::uint64_t{value} + 1;
        unsigned length = 0;
        while (code >> length != 0) ++length;
        return u(length - 1, 0).u(length, code);
    }
    Bits& se(std::int32_t value)
    {
        return ue(static_cast<std::uint32_t>(value > 0 ? value * 2 - 1 : -value * 2));
    }

    /// Padded with zeros to a whole byte.
    const std::vector<std::uint8_t>& bytes() const { return bytes_; }

private:
    void bit(bool one)
    {
        if (used_ % 8 == 0) bytes_.push_back(0);
        if (one) bytes_.back() |= static_cast<std::uint8_t>(0x80 >> used_ % 8);
        ++used_;
    }

    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 0;
};

}  // namespace sluice::codec::samples
