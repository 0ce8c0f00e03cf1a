#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace sluice {

/// Milliseconds since 1970 (≥ 0) as RFC 3339 and ISO 8601 write them, in UTC:
/// 2026-11-18T11:06:40.250Z.
inline std::string utc_date_time(std::int64_t ms)
{
    constexpr std::int64_t second_ms = 1000;
    const std::time_t second = ms / second_ms;
    std::tm parts{};
    gmtime_r(&second, &parts);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + size, text.size() - size, ".%03dZ",
                  static_cast<int>(ms % second_ms));
    return text.data();
}

}  // namespace sluice
