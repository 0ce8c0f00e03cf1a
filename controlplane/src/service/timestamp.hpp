#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::control {

/// Wall clock, seconds since 1970-01-01 UTC.
std::int64_t now_s();

/// The same in milliseconds.
std::int64_t now_ms();

/// RFC 3339 date-time with `Z` or an offset; fractions of a second are dropped. nullopt when it
/// is not one, or no day of the calendar.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

/// `2026-01-31T08:15:00Z`
std::string format_timestamp(std::int64_t seconds);

}  // namespace sluice::control
