#include <algorithm>
#include <array>
#include <cstring>

#include "hub.hpp"
#include "seqlock.hpp"
#include "slots.hpp"

namespace sluice::hub {
namespace {

SlotMask bit(std::uint32_t slot)
{
    return slot < kSlots ? SlotMask{1} << slot : 0;
}

/// Takes a free ring of class ≥ `smallest`; of several the one released longest ago, because
/// readers may still drain it. A ring of a dead process counts as free once its stream no longer
/// points to it as live.
RingHeader* acquire_ring(const Zone& zone, std::uint32_t smallest, ProcessId self,
                         std::uint32_t slot)
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

/// Takes a ring for a claim: of the class the stream had grown to, or any. When all are taken,
/// those of the dead are freed.
RingHeader* acquire_any(const Zone& zone, std::uint32_t wanted, ProcessId self, std::uint32_t slot)
{
    for (const bool reap : {false, true}) {
        if (reap) {
            Lives lives;
            reap_dead(zone, lives);
        }
        if (auto* ring = acquire_ring(zone, wanted, self, slot)) return ring;
        if (auto* ring = acquire_ring(zone, 0, self, slot)) return ring;
    }
    return nullptr;
}

/// Makes the ring ready for an epoch. Numbers go on where they stood, so readers of an earlier
/// epoch see themselves overrun.
void begin_epoch(const Zone& zone, RingHeader& ring, std::uint64_t epoch)
{
    const auto head = ring.head_seq.load();
    ring.linked.store(0);
    ring.epoch.store(epoch);
    ring.newest_key.store(0);
    ring.base_seq.store(head);
    ring.follow_seq.store(head);
    ring.tail_seq.store(head);
    // As in Writer::make_room(): no byte of an old tag may change before the tail has moved.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    zone.header().past.bytes_in += ring.bytes_in.exchange(0);
    ring.tags_in.store(0);
    ring.tracks.store(0);
    for (auto* arrival : {&ring.video_us, &ring.audio_us, &ring.key_us, &ring.sound_us})
        arrival->store(0);
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
    std::uint32_t ring = 0;
    std::uint64_t limit = 0;
};

/// Reads where the old epoch stands, after the compare-and-swap: what its owner adds from now on
/// nobody will read.
Predecessor predecessor_of(const Zone& zone, const Current& old)
{
    if (old.epoch == 0 || old.state == State::idle) return {};
    const auto& ring = zone.ring(old.ring);
    const auto head = ring.head_seq.load(std::memory_order_acquire);
    // Reused: nothing of it can be drained, readers jump.
    if (ring.epoch.load(std::memory_order_acquire) != old.epoch) return {};
    return {.epoch = old.epoch, .ring = old.ring, .limit = head};
}

void link_epoch(RingHeader& ring, const Predecessor& prev, std::uint64_t run, std::uint64_t session)
{
    ring.run.store(run);
    ring.session.store(session);
    ring.prev_epoch.store(prev.epoch);
    ring.prev_ring.store(prev.ring);
    ring.prev_limit.store(prev.limit);
    ring.linked.store(1, std::memory_order_release);
}

template <class T>
void raise_to(std::atomic<T>& value, T at_least)
{
    auto old = value.load();
    while (old < at_least && !value.compare_exchange_weak(old, at_least)) {
    }
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

bool lives(const Zone& zone, const Current& current)
{
    const auto& ring = zone.ring(current.ring);
    return current.state == State::live && ring.epoch.load() == current.epoch &&
           is_alive(ring.owner.load());
}

/// Empty when it is not known any more.
std::string address_of(const Zone& zone, const Current& current)
{
    const auto& ring = zone.ring(current.ring);
    PublishInfo info{};
    const bool whole = seq_read(ring.info_lock, [&] { info = ring.info; });
    if (!whole || ring.epoch.load(std::memory_order_acquire) != current.epoch) return {};
    return {info.address, strnlen(info.address, sizeof(info.address))};
}

/// What is left to do once the stream is ours.
Claim begin_session(const Zone& zone, StreamRecord& stream, RingHeader& ring, const Current& old,
                    Claimed outcome, std::int64_t now_ms)
{
    const auto epoch = ring.epoch.load();
    Claim claim{.result = outcome, .writer = Writer(zone, stream, ring, epoch)};
    if (old.state == State::live) {
        const bool replaced = outcome == Claimed::replaced;
        claim.ended = replaced ? auth::Reason::replaced : auth::Reason::disconnected;
        claim.ended_address = address_of(zone, old);
    }
    if (outcome == Claimed::fresh) {
        for (auto& count : stream.sessions) count.store(0);
        stream.run.store(epoch);
        stream.last_dts_ms.store(-1);
        stream.last_arrival_us.store(0);
        stream.started_at_ms.store(now_ms);
    } else {
        remember_end(zone, stream, old);
        claim.last_dts_ms = stream.last_dts_ms.load();
        claim.last_arrival_us = stream.last_arrival_us.load();
    }
    link_epoch(ring, predecessor_of(zone, old), stream.run.load(), epoch);
    stream.last_used.store(zone.next_stamp());
    auto notify = stream.readers.load();
    if (outcome == Claimed::replaced) notify |= bit(zone.ring(old.ring).owner_slot.load());
    claim.poke = announce_to(zone, stream, notify);
    return claim;
}

}  // namespace

bool has_publisher(const Zone& zone, const StreamRecord& stream)
{
    return lives(zone, Current::unpack(stream.current.load()));
}

Claim claim_stream(const Zone& zone, StreamRecord& stream, std::string_view name, ProcessId self,
                   std::uint32_t slot, bool may_replace, std::int64_t now_ms)
{
    for (;;) {
        auto word = stream.current.load();
        const auto old = Current::unpack(word);
        const bool held = lives(zone, old);
        if (held && !may_replace) return {.result = Claimed::duplicate};

        auto* ring = acquire_any(zone, first_class(zone, old), self, slot);
        if (ring == nullptr) return {.result = Claimed::full};
        const auto epoch = zone.header().next_epoch.fetch_add(1) + 1;
        begin_epoch(zone, *ring, epoch);
        remember_end(zone, stream, old);  // now, too: we may die right after the compare-and-swap
        const Current mine{.epoch = epoch, .ring = ring_index(zone, *ring), .state = State::live};
        if (!stream.current.compare_exchange_strong(word, mine.pack())) {
            free_ring(zone, *ring);
            continue;  // another claimant was faster: judge anew
        }
        auto claim = begin_session(zone, stream, *ring, old, outcome_of(old, held), now_ms);
        if (hold_name(zone, stream, name)) return claim;
        release(zone, claim.writer, 0);  // the record was reclaimed since the caller found it
        return {.result = Claimed::full};
    }
}

void remember_end(const Zone& zone, StreamRecord& stream, const Current& current)
{
    if (current.epoch == 0 || current.state == State::idle) return;
    const auto& ring = zone.ring(current.ring);
    const auto head = ring.head_seq.load(std::memory_order_acquire);
    if (head <= ring.base_seq.load()) return;
    const auto last = zone.descriptor(ring, head - 1);
    std::atomic_thread_fence(std::memory_order_acquire);
    const bool whole = ring.tail_seq.load() < head && ring.epoch.load() == current.epoch;
    if (!whole) return;  // reused: its end was remembered before
    raise_to(stream.last_dts_ms, last.dts_ms);
    raise_to(stream.last_arrival_us, last.arrival_us);
}

void set_deadline(StreamRecord& stream, std::uint64_t seen, std::uint64_t epoch,
                  std::int64_t until_ms)
{
    stream.deadline.compare_exchange_strong(
        seen, Deadline{.epoch = epoch & 0xff'ffff, .until_ms = until_ms}.pack());
}

namespace {

/// The smallest class whose rings have at least this many bytes; one past the largest when there is
/// none.
std::uint32_t class_of(const Zone& zone, std::uint64_t bytes)
{
    std::uint32_t size_class = 0;
    for (std::uint32_t i = 0; i < zone.header().rings; ++i) {
        size_class = zone.ring(i).size_class;
        if (zone.ring(i).bytes >= bytes) return size_class;
    }
    return size_class + 1;
}

RingHeader* acquire_larger(const Zone& zone, const RingHeader& old, std::uint64_t bytes,
                           ProcessId self, std::uint32_t slot)
{
    const auto wanted = std::max(class_of(zone, bytes), old.size_class + 1);
    if (auto* ring = acquire_ring(zone, wanted, self, slot)) return ring;
    for (auto size_class = wanted; --size_class > old.size_class;) {
        if (auto* ring = acquire_ring(zone, size_class, self, slot)) return ring;
    }
    return nullptr;
}

/// Copies the open group of pictures; without a key frame, all there is.
void copy_group(const Zone& zone, const RingHeader& from, Writer& to)
{
    const auto key = from.newest_key.load();
    const auto head = from.head_seq.load();
    for (auto seq = key != 0 ? key - 1 : std::max(from.base_seq.load(), from.tail_seq.load());
         seq < head; ++seq) {
        const auto tag = zone.descriptor(from, seq);
        const auto at = tag.offset % from.bytes;
        const auto first = std::min<std::uint64_t>(tag.size, from.bytes - at);
        const std::array<std::span<const std::uint8_t>, 2> pieces{
            std::span(zone.bytes(from) + at, first), std::span(zone.bytes(from), tag.size - first)};
        (void)to.append(pieces, {tag.type, tag.flags, tag.dts_ms,
                                 tag.arrival_us});  // fits: this ring is larger
    }
    if (key == 0) to.forget_key();  // a key frame under an older codec header may be among them
}

}  // namespace

bool grow(const Zone& zone, Writer& writer, std::uint64_t bytes, ProcessId self, std::uint32_t slot,
          SlotMask& poke)
{
    auto& old_ring = writer.ring();
    auto* ring = acquire_larger(zone, old_ring, bytes, self, slot);
    if (ring == nullptr) return false;

    const auto epoch = zone.header().next_epoch.fetch_add(1) + 1;
    begin_epoch(zone, *ring, epoch);
    Writer next(zone, writer.stream(), *ring, epoch);
    for (std::size_t kind = 0; kind < std::size(old_ring.config); ++kind) {
        const auto& tag = old_ring.config[kind];
        (void)next.set_config(static_cast<ConfigKind>(kind), {tag.bytes, tag.size});
    }
    seq_write(ring->info_lock, [&] { ring->info = old_ring.info; });
    copy_group(zone, old_ring, next);
    ring->follow_seq.store(ring->head_seq.load());
    // The session's count moves with it; the old ring's will be added to the past once more.
    const auto bytes_in = old_ring.bytes_in.load();
    zone.header().past.bytes_in -= bytes_in;
    ring->bytes_in.store(bytes_in);
    ring->tags_in.store(old_ring.tags_in.load());
    ring->tracks.store(old_ring.tracks.load());
    ring->video_us.store(old_ring.video_us.load());
    ring->audio_us.store(old_ring.audio_us.load());
    ring->key_us.store(old_ring.key_us.load());
    ring->sound_us.store(old_ring.sound_us.load());
    link_epoch(*ring,
               {.epoch = writer.epoch(),
                .ring = ring_index(zone, old_ring),
                .limit = old_ring.head_seq.load()},
               old_ring.run.load(), old_ring.session.load());

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

Released release(const Zone& zone, Writer& writer, std::int64_t until_ms)
{
    auto& stream = writer.stream();
    auto word = stream.current.load();
    auto next = Current::unpack(word);
    Released released;
    if (next.epoch == writer.epoch() && next.state == State::live) {
        remember_end(zone, stream, next);
        const auto deadline = stream.deadline.load();
        next.state = until_ms != 0 ? State::waiting : State::idle;
        if (stream.current.compare_exchange_strong(word, next.pack())) {
            if (until_ms != 0) set_deadline(stream, deadline, next.epoch, until_ms);
            released = {announce_to(zone, stream, stream.readers.load()), true};
        }
    }
    if (writer.ring().epoch.load() == writer.epoch()) free_ring(zone, writer.ring());
    writer = Writer();
    return released;
}

bool request_end(const Zone& zone, StreamRecord& stream, auth::Reason reason, SlotMask& poke)
{
    for (;;) {
        const auto current = Current::unpack(stream.current.load());
        if (current.state != State::live) return false;
        const auto& ring = zone.ring(current.ring);
        const bool linked = ring.linked.load() != 0;
        const auto session = ring.session.load();
        const auto slot = ring.owner_slot.load();
        if (ring.epoch.load() != current.epoch) continue;  // it moved to another ring meanwhile
        if (!linked) return false;                         // its claim is not complete
        stream.end_request.store(session << 8 | static_cast<std::uint64_t>(reason));
        poke |= announce_to(zone, stream, bit(slot));
        return true;
    }
}

std::optional<auth::Reason> end_requested(const Writer& writer)
{
    const auto word = writer.stream().end_request.load();
    if (word >> 8 != writer.ring().session.load()) return std::nullopt;
    return static_cast<auth::Reason>(word & 0xff);
}

}  // namespace sluice::hub
