#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "zone.hpp"

namespace sluice::hub {

/// Appends an event's JSON text; any process may, at any time. Longer than kEventBytes: false,
/// nothing is written. Returns through `seq` the event's number. A place that another writer is (or
/// died) inside is passed over, so numbers may have holes.
bool post_event(const Zone& zone, std::string_view json, std::uint64_t& seq);

enum class Heard : std::uint8_t {
    event,  ///< `text` holds it
    none,   ///< nothing new
    lost,   ///< the ring went past this place: the reader has to fetch the state and go on at
            ///< newest_event()
    open,   ///< its writer is inside, or died there: ask again, and step over it when that takes
            ///< long
};

/// Reads event number `seq` (the first has number 1).
Heard read_event(const Zone& zone, std::uint64_t seq, std::string& text);

/// Number of the newest event; 0 before the first.
std::uint64_t newest_event(const Zone& zone);

}  // namespace sluice::hub
