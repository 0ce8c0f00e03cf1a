#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "caller.hpp"
#include "journal.hpp"

namespace sluice::control {

/// Which events of the journal are asked for.
struct EventQuery {
    /// Number of the last one that is known; nothing: from the oldest one that is kept.
    std::optional<std::uint64_t> after{};
    std::size_t limit = 50;
    std::string channel{};  ///< empty: all
    std::string type{};     ///< a pattern; empty: all
    Scope scope = Scope::viewer;
};

/// Oldest first: {"items", "next_cursor"}. At most kMaxLooked events are looked at, so a page may
/// hold few or none and still have a cursor. Errc::gone when the events behind `after` are no
/// longer all kept, with the number of the oldest one in `detail`.
Result<nlohmann::json> list_events(const Journal& journal, const EventQuery& query);

inline constexpr std::size_t kMaxLooked = 10'000;

/// What an API token of this scope gets of a document of the journal; null: nothing. A viewer gets
/// the life of channels without addresses, as from nginx (modules/status/event_filter.cpp).
nlohmann::json shown_to(Scope scope, const nlohmann::json& event);

}  // namespace sluice::control
