#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/auth/reason.hpp"
#include "writer.hpp"
#include "zone.hpp"

namespace sluice::hub {

/// How a claim on a stream went.
enum class Claimed : std::uint8_t {
    fresh,      ///< nobody published; a new run of the stream begins
    resumed,    ///< continues a run whose publisher went away inside the reconnect window
    replaced,   ///< took over from a publisher that is still connected
    duplicate,  ///< refused: somebody publishes and may not be replaced
    full,       ///< refused: no free ring of any size
};

struct Claim {
    Claimed result = Claimed::full;
    Writer writer;                  ///< valid unless refused
    std::int64_t last_dts_ms = -1;  ///< of the run that is continued; -1: a fresh timeline
    std::uint64_t last_arrival_us = 0;
    /// Set when somebody published until now, though perhaps from a worker that is dead: it is the
    /// claimer who tells of that end, and nobody else.
    std::optional<auth::Reason> ended;
    std::string ended_address;
    std::uint64_t poke =
        0;  ///< slots to wake: their readers follow, the old publisher's session ends
};

/// The slots that an operation made something new for; the glue writes to their eventfds.
using SlotMask = std::uint64_t;

/// Finds the stream's record, or nothing.
StreamRecord* find_stream(const Zone& zone, std::string_view name);

/// Finds or makes the stream's record; never two for one name. Finding is lock-free. Making is one
/// process's at a time, and safe against its death at any point; while a stopped one is just at it,
/// others make none. The record that nobody has used for the longest time is reclaimed when the
/// table is full. nullptr: every record is in use, another process is stopped while it makes one,
/// or the name is empty or too long.
StreamRecord* open_stream(const Zone& zone, std::string_view name);

/// Whether the record is this name's, and not one that was reclaimed since it was found.
bool is_named(const Zone& zone, const StreamRecord& stream, std::string_view name);

/// For who has just marked the record as in use: whether it is this name's, and stays it.
bool hold_name(const Zone& zone, StreamRecord& stream, std::string_view name);

/// Name of a record; empty for a free one.
std::string_view name_of(const StreamRecord& stream);

/// The ring that holds the stream's current epoch; nullptr when there was none or it has been
/// reused since.
RingHeader* current_ring(const Zone& zone, const StreamRecord& stream);

/// The picture that the stream's newest headers tell of; without a size: none yet.
codec::VideoDescription picture_of(const Zone& zone, const StreamRecord& stream);

/// Whether somebody publishes the stream now.
bool has_publisher(const Zone& zone, const StreamRecord& stream);

/// Claims the stream `name` for a new publish session in a compare-and-swap of its current epoch.
/// `self`: the caller's process; `slot`: its worker slot; `now_ms`: wall clock.
Claim claim_stream(const Zone& zone, StreamRecord& stream, std::string_view name, ProcessId self,
                   std::uint32_t slot, bool may_replace, std::int64_t now_ms);

/// Moves a live epoch without a seam to the smallest free ring of at least `bytes`, or to the
/// largest there is: copies the open group of pictures, readers go on inside the copy or behind it.
/// False when there is no larger free ring; the writer is unchanged then.
bool grow(const Zone& zone, Writer& writer, std::uint64_t bytes, ProcessId self, std::uint32_t slot,
          SlotMask& poke);

/// Ends the writer's session: the stream waits for a publisher until `until_ms` (monotonic), or
/// goes idle at once when `until_ms` is 0. Frees the ring; its bytes stay readable until it is
/// reused.
struct Released {
    SlotMask poke = 0;
    bool ended = false;  ///< false: the stream was another's already, who tells of the end
};
Released release(const Zone& zone, Writer& writer, std::int64_t until_ms);

/// Keeps in the stream's record where the timeline of its current epoch stands, for a session that
/// continues it after the ring was reused.
void remember_end(const Zone& zone, StreamRecord& stream, const Current& current);

/// Says until when the waiting epoch is kept, unless the deadline is no longer `seen`: somebody
/// else said it then.
void set_deadline(StreamRecord& stream, std::uint64_t seen, std::uint64_t epoch,
                  std::int64_t until_ms);

/// Asks the session that publishes now to end. False when nobody publishes. `poke` gets its
/// worker's slot.
bool request_end(const Zone& zone, StreamRecord& stream, auth::Reason reason, SlotMask& poke);

/// The reason this writer's session was asked to end with, if it was.
std::optional<auth::Reason> end_requested(const Writer& writer);

/// After an append: marks the stream dirty for the slots that want to know and returns those to be
/// poked.
SlotMask announce(const Zone& zone, const StreamRecord& stream);

/// The same after a change of the stream's live window, for those who want to know of that.
SlotMask announce_window(const Zone& zone, const StreamRecord& stream);

/// Marks the stream dirty for the given slots and returns those whose eventfd has to be written.
SlotMask announce_to(const Zone& zone, const StreamRecord& stream, SlotMask slots);

}  // namespace sluice::hub
