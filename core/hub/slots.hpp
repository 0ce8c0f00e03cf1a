#pragma once

#include <cstdint>
#include <optional>

#include "hub.hpp"
#include "viewer_sessions.hpp"
#include "zone.hpp"

namespace sluice::hub {

/// Claims a free worker slot for `self`; slots of dead processes count as free. Nothing when all
/// are taken by the living.
std::optional<std::uint32_t> claim_slot(const Zone& zone, ProcessId self);

/// Whether this slot's worker, which is exiting, should end although it has sessions: less than a
/// quarter of the slots is free for the next reloads, and the worker is one of the oldest that
/// would make up for it.
bool should_make_way(const Zone& zone, std::uint32_t slot);

/// Gives the slot back: clears its marks in every stream first.
void release_slot(const Zone& zone, std::uint32_t slot);

/// What a worker does after its eventfd woke it: calls `visit(StreamRecord&)` for every stream
/// marked dirty since. Also to be called now and then without a wake-up: a process that dies
/// between its mark and its write to the eventfd leaves nobody who would write again.
template <class Visit>
void take_dirty(const Zone& zone, std::uint32_t slot_index, Visit&& visit)
{
    auto& slot = zone.slot(slot_index);
    slot.pending.store(0);
    // Pairs with announce_to(), which marks first and asks for a wake-up after it: one of the two
    // sees the other.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const auto words = (zone.header().streams + 63) / 64;
    for (std::uint32_t w = 0; w < words; ++w) {
        if (slot.dirty[w].load(std::memory_order_relaxed) == 0) continue;
        auto bits = slot.dirty[w].exchange(0);
        for (; bits != 0; bits &= bits - 1) {
            visit(zone.stream(w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits))));
        }
    }
}

/// Adds or removes the slot from the stream's readers. add_reader() is false when the record was
/// reclaimed at that moment. Once it is true the record stays its name's: who found it by name
/// before that asks is_named() now.
bool add_reader(StreamRecord& stream, std::uint32_t slot);
void remove_reader(StreamRecord& stream, std::uint32_t slot);

/// Whether the slot wants a wake-up at every tag. After switching it on the caller must look at the
/// ring once.
void want_wakes(StreamRecord& stream, std::uint32_t slot, bool on);

/// Whether the slot wants one when the live window has something new. After switching it on the
/// caller must look at the window once.
void want_window_wakes(StreamRecord& stream, std::uint32_t slot, bool on);

/// Viewers of a stream by protocol, connections of all slots or sessions.
std::uint32_t viewers_of(const StreamRecord& stream, Protocol protocol);
std::uint32_t viewers_of(const StreamRecord& stream);

/// Viewers of a channel: of the stream of this name, and of all whose names go on behind a slash.
std::uint32_t viewers_of_channel(const Zone& zone, std::string_view channel);

/// Viewers of a stream that are connections.
std::uint32_t connections_of(const StreamRecord& stream);

/// Whether the record is a stream's that is live, waiting or watched.
bool is_shown(const StreamRecord& stream);

/// What one round of housekeeping changed; the glue raises events from it.
struct Ended {
    StreamRecord* stream;
    bool waiting;  ///< its publisher's process died: it waits now; otherwise its reconnect window
                   ///< ran out
};

/// Housekeeping that any worker may do, as often as once a second: frees slots and rings of dead
/// processes, lets their streams wait for StreamRecord::window_ms, ends streams whose window is
/// over, counts sessions. Calls `report(Ended)` once for each stream, in exactly one process.
/// `now_ms` is monotonic. Returns the slots to poke.
template <class Report>
SlotMask keep_house(const Zone& zone, std::int64_t now_ms, Report&& report);

/// One step of keep_house() for one stream; nothing when there was nothing to do.
std::optional<Ended> keep_stream(const Zone& zone, StreamRecord& stream, std::int64_t now_ms,
                                 Lives& lives, SlotMask& poke);

/// Frees the slots and rings of processes that are gone.
void reap_dead(const Zone& zone, Lives& lives);

template <class Report>
SlotMask keep_house(const Zone& zone, std::int64_t now_ms, Report&& report)
{
    SlotMask poke = 0;
    Lives lives;
    for (std::uint32_t i = 0; i < zone.header().streams; ++i) {
        if (const auto ended = keep_stream(zone, zone.stream(i), now_ms, lives, poke))
            report(*ended);
    }
    reap_dead(zone, lives);
    keep_sessions(zone, now_ms);
    return poke;
}

}  // namespace sluice::hub
