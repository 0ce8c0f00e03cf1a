#include <bit>

#include "hub.hpp"

namespace sluice::hub {

namespace {

SlotMask announce_if(const Zone& zone, const StreamRecord& stream,
                     const std::atomic<std::uint64_t>& wanted)
{
    // Pairs with a reader that sets its wake bit and then looks again at what it waits for: one of
    // the two sees the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const auto slots = wanted.load(std::memory_order_relaxed);
    return slots == 0 ? 0 : announce_to(zone, stream, slots);
}

}  // namespace

SlotMask announce(const Zone& zone, const StreamRecord& stream)
{
    return announce_if(zone, stream, stream.wakes);
}

SlotMask announce_window(const Zone& zone, const StreamRecord& stream)
{
    return announce_if(zone, stream, stream.window_wakes);
}

SlotMask announce_to(const Zone& zone, const StreamRecord& stream, SlotMask slots)
{
    const auto index = zone.index_of(stream);
    SlotMask poke = 0;
    for (auto left = slots; left != 0; left &= left - 1) {
        const auto i = static_cast<std::uint32_t>(std::countr_zero(left));
        auto& slot = zone.slot(i);
        slot.dirty[index / 64].fetch_or(std::uint64_t{1} << index % 64);
        if (slot.pending.exchange(1) == 0) poke |= SlotMask{1} << i;
    }
    return poke;
}

}  // namespace sluice::hub
