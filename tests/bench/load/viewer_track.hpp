#pragma once

#include <cstdint>
#include <string>

#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

enum class AskKind : std::uint8_t { playlist, reload, init, part, segment };

/// One GET of a viewer.
struct Ask {
    std::string path;
    AskKind kind{};
    std::int64_t at_us = 0;  ///< not before
};

/// What a viewer asks for on one of its connections, one GET after the other: paths out, answers
/// in; no socket and no clock.
class ViewerTrack {
public:
    virtual ~ViewerTrack() = default;

    /// The next GET; the same again until its answer was taken.
    virtual Ask next(std::int64_t now_us) = 0;

    /// The body of a 200 to the last GET. An error says what is wrong with it.
    virtual Result<void> take(View body, std::int64_t now_us) = 0;

    /// All that a player needs to begin is there.
    virtual bool playing() const = 0;

    /// How often the player ran dry so far.
    virtual std::size_t stalls(std::int64_t) const { return 0; }

    /// Parts that should have been listed or asked for and were not.
    virtual std::size_t missed() const { return 0; }

    /// Reloads that were answered without what they were to wait for (RFC 8216bis, 6.2.5.2: a part
    /// behind the last one of its segment is the first one of the next).
    virtual std::size_t early() const { return 0; }

    /// When the segment that was asked for last appeared in its playlist.
    virtual std::int64_t listed_us() const { return 0; }

    /// Of the parts, as the playlist says it; 0: has none.
    virtual std::int64_t part_target_us() const { return 0; }
};

}  // namespace sluice::bench
