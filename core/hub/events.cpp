#include "events.hpp"

#include <algorithm>

namespace sluice::hub {

bool post_event(const Zone& zone, std::string_view json, std::uint64_t& seq)
{
    if (json.size() > kEventBytes) return false;
    for (std::uint32_t i = 0; i < zone.header().events; ++i) {
        seq = zone.header().event_head.fetch_add(1) + 1;
        auto& slot = zone.event(seq);
        // Odd: a writer that was overtaken by a whole turn of the ring is inside, and may go on at
        // any time.
        auto stamp = slot.stamp.load();
        if (stamp & 1 || stamp > 2 * seq || !slot.stamp.compare_exchange_strong(stamp, 2 * seq + 1))
            continue;
        std::atomic_thread_fence(std::memory_order_release);
        slot.size = static_cast<std::uint32_t>(json.size());
        json.copy(slot.text, json.size());
        slot.stamp.store(2 * seq + 2, std::memory_order_release);
        return true;
    }
    return false;
}

Heard read_event(const Zone& zone, std::uint64_t seq, std::string& text)
{
    const auto newest = newest_event(zone);
    if (seq > newest) return Heard::none;
    if (newest - seq >= zone.header().events) return Heard::lost;
    const auto& slot = zone.event(seq);
    const auto stamp = slot.stamp.load(std::memory_order_acquire);
    if (stamp > 2 * seq + 2) return Heard::lost;
    if (stamp < 2 * seq + 2) return Heard::open;
    text.assign(slot.text, std::min<std::size_t>(slot.size, kEventBytes));
    std::atomic_thread_fence(std::memory_order_acquire);
    return slot.stamp.load(std::memory_order_relaxed) == stamp ? Heard::event : Heard::lost;
}

std::uint64_t newest_event(const Zone& zone)
{
    return zone.header().event_head.load(std::memory_order_acquire);
}

}  // namespace sluice::hub
