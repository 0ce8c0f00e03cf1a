#pragma once

#include <cstddef>
#include <cstdint>

#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

/// The last bytes of a stream at 64-bit positions. The memory is mapped twice in a row, so any span
/// that is still kept is contiguous.
class MirroredRing {
public:
    /// `bytes` is a multiple of the page size.
    static Result<MirroredRing> make(std::size_t bytes);

    MirroredRing(MirroredRing&& other) noexcept;
    MirroredRing& operator=(MirroredRing&&) = delete;
    ~MirroredRing();

    void append(View bytes);
    std::uint64_t head() const { return head_; }
    bool holds(std::uint64_t position) const
    {
        return position <= head_ && head_ - position <= bytes_;
    }

    /// From `position`, which the ring must hold, to the head.
    View from(std::uint64_t position) const;

private:
    MirroredRing(std::uint8_t* memory, std::size_t bytes) : memory_(memory), bytes_(bytes) {}

    std::uint8_t* memory_;
    std::size_t bytes_;
    std::uint64_t head_ = 0;
};

}  // namespace sluice::bench
