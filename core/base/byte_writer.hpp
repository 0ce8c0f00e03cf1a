#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice {

/// Big-endian writing on top of `Sink::put(span)`; u24 keeps the low 24 bits of its argument.
template <class Sink>
class BigEndianWriter {
public:
    void u8(std::uint8_t value) { be<1>(value); }
    void u16(std::uint16_t value) { be<2>(value); }
    void u24(std::uint32_t value) { be<3>(value); }
    void u32(std::uint32_t value) { be<4>(value); }
    void u64(std::uint64_t value) { be<8>(value); }
    void bytes(std::span<const std::uint8_t> data) { static_cast<Sink&>(*this).put(data); }

private:
    template <std::size_t n>
    void be(std::uint64_t value)
    {
        std::array<std::uint8_t, n> out{};
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = static_cast<std::uint8_t>(value >> (8 * (n - 1 - i)));
        }
        bytes(out);
    }
};

/// Appends to a vector that must outlive the writer.
class ByteWriter : public BigEndianWriter<ByteWriter> {
public:
    explicit ByteWriter(std::vector<std::uint8_t>& out) : out_(out) {}

    std::size_t size() const { return out_.size(); }

private:
    friend BigEndianWriter;
    void put(std::span<const std::uint8_t> data)
    {
        out_.insert(out_.end(), data.begin(), data.end());
    }

    std::vector<std::uint8_t>& out_;
};

/// Fills a fixed span. What does not fit is not written at all and ok() turns false for good.
class SpanWriter : public BigEndianWriter<SpanWriter> {
public:
    explicit SpanWriter(std::span<std::uint8_t> out) : out_(out) {}

    std::size_t size() const { return at_; }
    bool ok() const { return !full_; }

private:
    friend BigEndianWriter;
    void put(std::span<const std::uint8_t> data)
    {
        if (full_ || out_.size() - at_ < data.size()) {
            full_ = true;
            return;
        }
        std::copy(data.begin(), data.end(), out_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += data.size();
    }

    std::span<std::uint8_t> out_;
    std::size_t at_ = 0;
    bool full_ = false;
};

}  // namespace sluice
