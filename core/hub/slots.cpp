#include "slots.hpp"

#include "name_tag.hpp"

namespace sluice::hub {
namespace {

void clear_marks(const Zone& zone, std::uint32_t slot)
{
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        auto& stream = zone.stream(i);
        if (stream.tag.load(std::memory_order_relaxed) == 0) continue;
        for (auto& count : stream.viewers[slot]) count.store(0);
        want_wakes(stream, slot, false);
        want_window_wakes(stream, slot, false);
        remove_reader(stream, slot);
    }
}

void reset(WorkerSlot& slot)
{
    slot.config_generation.store(0);
    slot.snapshot_generation.store(0);
    slot.exiting.store(0);
    slot.publishers.store(0);
    slot.viewers.store(0);
    slot.held.store(0);
    slot.follows_events.store(0);
    slot.pending.store(0);
    for (auto& word : slot.dirty) word.store(0);
}

/// Frees the slot when its owner is dead. The compare-and-swap to the reaper's own id makes one
/// process do the clearing; a reaper that dies inside leaves a dead owner again.
void reap_slot(const Zone& zone, std::uint32_t index, ProcessId reaper, Lives& lives)
{
    auto& slot = zone.slot(index);
    auto owner = slot.owner.load();
    if (owner == 0 || owner == reaper || lives.alive(owner)) return;
    if (!slot.owner.compare_exchange_strong(owner, reaper)) return;
    clear_marks(zone, index);
    reset(slot);
    slot.owner.store(0);
}

/// A ring of a dead process may be freed once no stream shows it as live: keep_stream() comes
/// first.
bool shown_live(const Zone& zone, const RingHeader& ring)
{
    const auto index = static_cast<std::uint32_t>(&ring - &zone.ring(0));
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        const auto current = Current::unpack(zone.stream(i).current.load());
        if (current.state == State::live && current.ring == index &&
            current.epoch == ring.epoch.load())
            return true;
    }
    return false;
}

}  // namespace

std::optional<std::uint32_t> claim_slot(const Zone& zone, ProcessId self)
{
    if (self == 0) return std::nullopt;
    for (const bool reap : {false, true}) {
        Lives lives;
        if (reap) reap_dead(zone, lives);
        for (std::uint32_t i = 0; i < kSlots; ++i) {
            auto& slot = zone.slot(i);
            ProcessId free = 0;
            if (slot.owner.load() != 0 || !slot.owner.compare_exchange_strong(free, self)) continue;
            reset(slot);
            slot.claimed.store(zone.next_stamp());
            return i;
        }
    }
    return std::nullopt;
}

bool should_make_way(const Zone& zone, std::uint32_t slot)
{
    constexpr std::uint32_t kKeptFree = kSlots / 4;
    const auto& mine = zone.slot(slot);
    if (mine.exiting.load() == 0) return false;
    std::uint32_t used = 0;
    std::uint32_t older = 0;
    for (std::uint32_t i = 0; i < kSlots; ++i) {
        const auto& other = zone.slot(i);
        if (other.owner.load() == 0) continue;
        ++used;
        if (other.exiting.load() != 0 && other.claimed.load() < mine.claimed.load()) ++older;
    }
    return used + kKeptFree > kSlots + older;
}

void release_slot(const Zone& zone, std::uint32_t slot)
{
    clear_marks(zone, slot);
    reset(zone.slot(slot));
    zone.slot(slot).owner.store(0);
}

bool add_reader(StreamRecord& stream, std::uint32_t slot)
{
    const auto bit = std::uint64_t{1} << slot;
    const auto tag = certain(stream.tag.load());
    stream.readers.fetch_or(bit);
    if (hold(stream, tag)) return true;
    stream.readers.fetch_and(~bit);
    return false;
}

void remove_reader(StreamRecord& stream, std::uint32_t slot)
{
    stream.readers.fetch_and(~(std::uint64_t{1} << slot));
}

namespace {

void set_mark(std::atomic<std::uint64_t>& marks, std::uint32_t slot, bool on)
{
    const auto bit = std::uint64_t{1} << slot;
    if (on) {
        marks.fetch_or(bit);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with announce()
    } else {
        marks.fetch_and(~bit);
    }
}

}  // namespace

void want_wakes(StreamRecord& stream, std::uint32_t slot, bool on)
{
    set_mark(stream.wakes, slot, on);
}

void want_window_wakes(StreamRecord& stream, std::uint32_t slot, bool on)
{
    set_mark(stream.window_wakes, slot, on);
}

std::uint32_t viewers_of(const StreamRecord& stream, Protocol protocol)
{
    const auto index = static_cast<std::size_t>(protocol);
    if (index >= kConnectionProtocols) return stream.sessions[index - kConnectionProtocols].load();
    std::uint32_t sum = 0;
    for (const auto& slot : stream.viewers) sum += slot[index].load(std::memory_order_relaxed);
    return sum;
}

std::uint32_t viewers_of(const StreamRecord& stream)
{
    auto sum = connections_of(stream);
    for (const auto& count : stream.sessions) sum += count.load();
    return sum;
}

std::uint32_t viewers_of_channel(const Zone& zone, std::string_view channel)
{
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        const auto& stream = zone.stream(i);
        const auto name = name_of(stream);
        if (name.starts_with(channel) &&
            (name.size() == channel.size() || name[channel.size()] == '/'))
            sum += viewers_of(stream);
    }
    return sum;
}

std::uint32_t connections_of(const StreamRecord& stream)
{
    std::uint32_t sum = 0;
    for (std::size_t p = 0; p < kConnectionProtocols; ++p)
        sum += viewers_of(stream, static_cast<Protocol>(p));
    return sum;
}

bool is_shown(const StreamRecord& stream)
{
    if (name_of(stream).empty()) return false;
    return Current::unpack(stream.current.load()).state != State::idle ||
           stream.readers.load() != 0 || viewers_of(stream) != 0;
}

std::optional<Ended> keep_stream(const Zone& zone, StreamRecord& stream, std::int64_t now_ms,
                                 Lives& lives, SlotMask& poke)
{
    auto word = stream.current.load();
    const auto current = Current::unpack(word);
    if (current.state == State::idle) return std::nullopt;

    auto next = current;
    const auto deadline = stream.deadline.load();
    const auto window_ms = stream.window_ms.load();
    if (current.state == State::live) {
        const auto& ring = zone.ring(current.ring);
        if (ring.epoch.load() == current.epoch && lives.alive(ring.owner.load()))
            return std::nullopt;
        next.state = State::waiting;
        remember_end(zone, stream, current);  // its ring is free for others from here on
    } else {
        const auto set = Deadline::unpack(deadline);
        if (!set.belongs_to(current.epoch)) {  // who let it wait died before it said how long
            set_deadline(stream, deadline, current.epoch, now_ms + window_ms);
            return std::nullopt;
        }
        if (now_ms < set.until_ms) return std::nullopt;
        next.state = State::idle;
    }
    if (!stream.current.compare_exchange_strong(word, next.pack())) return std::nullopt;
    if (next.state == State::waiting)
        set_deadline(stream, deadline, current.epoch, now_ms + window_ms);
    poke |= announce_to(zone, stream, stream.readers.load());
    return Ended{.stream = &stream, .waiting = next.state == State::waiting};
}

void reap_dead(const Zone& zone, Lives& lives)
{
    const auto self = own_process_id();
    if (self == 0) return;
    for (std::uint32_t i = 0; i < kSlots; ++i) reap_slot(zone, i, self, lives);
    for (std::uint32_t i = 0; i < zone.header().rings; ++i) {
        auto& ring = zone.ring(i);
        auto owner = ring.owner.load();
        if (owner == 0 || owner == self || lives.alive(owner) || shown_live(zone, ring)) continue;
        if (ring.owner.compare_exchange_strong(owner, self)) {
            ring.released.store(zone.next_stamp());
            ring.owner.store(0);
        }
    }
}

}  // namespace sluice::hub
