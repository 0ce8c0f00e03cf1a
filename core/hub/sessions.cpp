#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "hub.hpp"
#include "seqlock.hpp"

namespace sluice::hub {
namespace {

SlotMask bit(std::uint32_t slot)
{
    return slot < kSlots ? SlotMask{1} << slot : 0;
}

/// Takes a free ring of class ≥ `smallest`; of several the one released longest ago, because readers may still drain it.
/// A ring of a dead process counts as free once its stream no longer points to it as live.
RingHeader* acquire_ring(const Zone& zone, std::uint32_t smallest, ProcessId self, std::uint32_t slot)
{
    for (;;) {
        RingHeader* best = nullptr;
        for (std::uint32_t i = 0; i < zone.header().rings; ++i) {
            auto& ring = zone.ring(i);
            if (ring.size_class < smallest || ring.owner.load() != 0) continue;
            if (best != nullptr && ring.size_class > best->size_class) break;  // classes ascend
            if (best == nullptr || ring.released.load() < best->released.load()) best = &ring;
        }
        if (best == nullptr) return nullptr;
        ProcessId free = 0;
        if (!best->owner.compare_exchange_strong(free, self)) continue;
        best->owner_slot.store(slot);
        return best;
    }
}

/// Makes the ring ready for an epoch. Numbers go on where they stood, so readers of an earlier epoch see themselves overrun.
void begin_epoch(RingHeader& ring, std::uint64_t epoch)
{
    const auto head = ring.head_seq.load();
    ring.linked.store(0);
    ring.epoch.store(epoch);
    ring.newest_key.store(0);
    ring.base_seq.store(head);
    ring.follow_seq.store(head);
    ring.prev_epoch.store(0);
    ring.prev_limit.store(0);
    ring.tail_seq.store(head);
    ring.bytes_in.store(0);
    ring.tags_in.store(0);
    seq_write(ring.config_lock, [&] {
        for (auto& tag : ring.config) tag.size = 0;
    });
    seq_write(ring.info_lock, [&] { ring.info = {}; });
}

void free_ring(const Zone& zone, RingHeader& ring)
{
    ring.released.store(zone.next_stamp());
    ring.owner.store(0);
}

/// What the new epoch goes on from.
struct Predecessor {
    std::uint64_t epoch = 0;
    std::uint64_t limit = 0;
    std::int64_t last_dts_ms = -1;
    std::uint64_t last_arrival_us = 0;
};

/// Reads where the old epoch stands, after the compare-and-swap: what its owner adds from now on nobody will read.
Predecessor predecessor_of(const Zone& zone, const Current& old)
{
    if (old.epoch == 0 || old.state == State::idle) return {};
    auto& ring = zone.ring(old.ring);
    const auto head = ring.head_seq.load(std::memory_order_acquire);
    if (ring.epoch.load(std::memory_order_acquire) != old.epoch) return {.epoch = old.epoch};
    Predecessor result{.epoch = old.epoch, .limit = head};
    if (head > ring.base_seq.load()) {
        const auto last = zone.descriptor(ring, head - 1);
        result.last_dts_ms = last.dts_ms;
        result.last_arrival_us = last.arrival_us;
    }
    return result;
}

void link_epoch(RingHeader& ring, const Predecessor& prev)
{
    ring.prev_epoch.store(prev.epoch);
    ring.prev_limit.store(prev.limit);
    ring.linked.store(1, std::memory_order_release);
}

std::uint32_t ring_index(const Zone& zone, const RingHeader& ring)
{
    return static_cast<std::uint32_t>(&ring - &zone.ring(0));
}

/// A session that continues starts with the ring size its stream had grown to.
std::uint32_t first_class(const Zone& zone, const Current& old)
{
    if (old.epoch == 0) return 0;
    const auto& ring = zone.ring(old.ring);
    return ring.epoch.load() == old.epoch ? ring.size_class : 0;
}

Claimed outcome_of(const Current& old, bool owner_lives)
{
    if (old.state == State::idle) return Claimed::fresh;
    return old.state == State::live && owner_lives ? Claimed::replaced : Claimed::resumed;
}

}  // namespace

Claim claim_stream(const Zone& zone, StreamRecord& stream, ProcessId self, std::uint32_t slot, bool may_replace,
                   std::int64_t now_ms)
{
    for (;;) {
        auto word = stream.current.load();
        const auto old = Current::unpack(word);
        const auto& old_ring = zone.ring(old.ring);
        const bool lives = old.state == State::live && old_ring.epoch.load() == old.epoch && is_alive(old_ring.owner.load());
        if (lives && !may_replace) return {.result = Claimed::duplicate};

        auto* ring = acquire_ring(zone, first_class(zone, old), self, slot);
        if (ring == nullptr) ring = acquire_ring(zone, 0, self, slot);
        if (ring == nullptr) return {.result = Claimed::full};

        const auto epoch = zone.header().next_epoch.fetch_add(1) + 1;
        begin_epoch(*ring, epoch);
        const Current mine{.epoch = epoch, .ring = ring_index(zone, *ring), .state = State::live};
        if (!stream.current.compare_exchange_strong(word, mine.pack())) {
            free_ring(zone, *ring);
            continue;  // another claimant was faster: judge anew
        }
        const auto prev = predecessor_of(zone, old);
        link_epoch(*ring, prev);
        stream.last_used.store(zone.next_stamp());

        Claim claim{.result = outcome_of(old, lives), .writer = Writer(zone, stream, *ring, epoch)};
        if (claim.result == Claimed::fresh) {
            stream.started_at_ms.store(now_ms);
        } else {
            claim.last_dts_ms = prev.last_dts_ms;
            claim.last_arrival_us = prev.last_arrival_us;
        }
        auto notify = stream.readers.load();
        if (lives) notify |= bit(old_ring.owner_slot.load());
        claim.poke = announce_to(zone, stream, notify);
        return claim;
    }
}

bool grow(const Zone& zone, Writer& writer, ProcessId self, std::uint32_t slot, SlotMask& poke)
{
    auto& old_ring = writer.ring();
    const auto group = writer.group_bytes();
    auto* ring = acquire_ring(zone, old_ring.size_class + 1, self, slot);
    if (ring == nullptr) return false;

    const auto epoch = zone.header().next_epoch.fetch_add(1) + 1;
    begin_epoch(*ring, epoch);
    Writer next(zone, writer.stream(), *ring, epoch);
    for (std::size_t kind = 0; kind < std::size(old_ring.config); ++kind) {
        const auto& tag = old_ring.config[kind];
        (void)next.set_config(static_cast<ConfigKind>(kind), {tag.bytes, tag.size});
    }
    seq_write(ring->info_lock, [&] { ring->info = old_ring.info; });

    const auto head = old_ring.head_seq.load();
    const auto key = old_ring.newest_key.load();
    const auto oldest = std::max(old_ring.base_seq.load(), old_ring.tail_seq.load());
    const auto from = key != 0 ? key - 1 : oldest;
    if (group <= ring->bytes) {
        for (auto seq = from; seq < head; ++seq) {
            const auto tag = zone.descriptor(old_ring, seq);
            const auto at = tag.offset % old_ring.bytes;
            const auto first = std::min<std::uint64_t>(tag.size, old_ring.bytes - at);
            const std::array<std::span<const std::uint8_t>, 2> pieces{
                std::span(zone.bytes(old_ring) + at, first),
                std::span(zone.bytes(old_ring), tag.size - first)};
            (void)next.append(pieces, {tag.type, tag.flags, tag.dts_ms, tag.arrival_us});
        }
    }
    ring->follow_seq.store(ring->head_seq.load());
    ring->bytes_in.store(old_ring.bytes_in.load());
    ring->tags_in.store(old_ring.tags_in.load());
    link_epoch(*ring, {.epoch = writer.epoch(), .limit = head});

    auto word = writer.stream().current.load();
    const Current mine{.epoch = epoch, .ring = ring_index(zone, *ring), .state = State::live};
    const auto held = Current::unpack(word);
    if (held.epoch != writer.epoch() || held.state != State::live ||
        !writer.stream().current.compare_exchange_strong(word, mine.pack())) {
        free_ring(zone, *ring);
        return false;  // replaced meanwhile: the session finds out by Writer::current()
    }
    free_ring(zone, old_ring);
    writer = next;
    poke |= announce_to(zone, next.stream(), next.stream().readers.load());
    return true;
}

SlotMask release(const Zone& zone, Writer& writer, std::int64_t until_ms)
{
    auto& stream = writer.stream();
    auto word = stream.current.load();
    auto next = Current::unpack(word);
    SlotMask poke = 0;
    if (next.epoch == writer.epoch() && next.state == State::live) {
        next.state = until_ms != 0 ? State::waiting : State::idle;
        stream.waiting_until_ms.store(until_ms);
        if (stream.current.compare_exchange_strong(word, next.pack())) {
            poke = announce_to(zone, stream, stream.readers.load());
        }
    }
    free_ring(zone, writer.ring());
    writer = Writer();
    return poke;
}

bool request_end(const Zone& zone, StreamRecord& stream, auth::Reason reason, SlotMask& poke)
{
    const auto current = Current::unpack(stream.current.load());
    if (current.state != State::live) return false;
    stream.end_request.store(current.epoch << 8 | static_cast<std::uint64_t>(reason));
    poke |= announce_to(zone, stream, bit(zone.ring(current.ring).owner_slot.load()));
    return true;
}

std::optional<auth::Reason> end_requested(const Writer& writer)
{
    const auto word = writer.stream().end_request.load();
    if (word >> 8 != writer.epoch()) return std::nullopt;
    return static_cast<auth::Reason>(word & 0xff);
}

}  // namespace sluice::hub
