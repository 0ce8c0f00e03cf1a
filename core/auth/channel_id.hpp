#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace sluice::auth {

/// First path components that belong to the server itself and so can't be a channel's.
inline constexpr std::array<std::string_view, 9> kReservedIds{
    "api",    "console", "assets", "videostream", "videostreams", "streamdns",
    "health", "metrics", "-"};

inline constexpr std::size_t kMaxChannelId = 64;  ///< bytes

constexpr bool is_reserved_id(std::string_view id)
{
    return std::ranges::find(kReservedIds, id) != kReservedIds.end();
}

/// True for `[A-Za-z0-9_-]{1,64}` that is not reserved: what may name a channel in a URL, in a push
/// and in the store.
constexpr bool is_channel_id(std::string_view id)
{
    if (id.empty() || id.size() > kMaxChannelId || is_reserved_id(id)) return false;
    return std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

}  // namespace sluice::auth
