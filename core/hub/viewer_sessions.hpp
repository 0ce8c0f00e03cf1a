#pragma once

#include <cstdint>
#include <string_view>

#include "zone.hpp"

/// Who watches by requests (HLS, DASH) has no connection to count. Such a viewer is a session in a
/// table of the zone: one entry for what is watched and by whom, which counts until its time is
/// over and is kept alive by every request. All is atomic and without locks: workers of every
/// generation note requests at the same time, and whoever dies inside leaves nothing that is wrong
/// for longer than a lifetime.
namespace sluice::hub {

enum class Noted : std::uint8_t {
    known,        ///< the viewer has a session, which goes on
    entered,      ///< the viewer's first request, or first since its session was over
    full,         ///< not counted: no place in the table
    unpublished,  ///< not counted: nobody has published the stream yet
};

/// Notes a request of `viewer` (its token, its cookie, or its address and agent), which watches the
/// stream from now until `lifetime_ms` later: 3 target durations. Sessions belong to the stream's
/// run and end with it. `protocol` is one of those without a connection; `now_ms` monotonic.
Noted note_request(const Zone& zone, StreamRecord& stream, Protocol protocol,
                   std::string_view viewer, std::int64_t now_ms, std::int64_t lifetime_ms);

/// Whether the viewer has a session now: who limits viewers refuses only new ones.
bool is_noted(const Zone& zone, const StreamRecord& stream, Protocol protocol,
              std::string_view viewer, std::int64_t now_ms);

/// Housekeeping that any worker may do as often as it likes: once a second one of them counts.
void keep_sessions(const Zone& zone, std::int64_t now_ms);

/// Frees the places of sessions that are over and sets every stream's count, and the table's, to
/// what there is. Who enters behind its back is missing in them until the next time.
void count_sessions(const Zone& zone, std::int64_t now_ms);

}  // namespace sluice::hub
