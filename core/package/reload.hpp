#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "window.hpp"

namespace sluice::package {

/// The delivery directives of a playlist's address (RFC 8216bis, 6.2.5).
struct Reload {
    std::optional<std::uint64_t> sequence;  ///< _HLS_msn: wait until that is there
    std::optional<std::uint64_t> part;      ///< _HLS_part of it
    bool skip = false;                      ///< _HLS_skip: a delta update will do
};

/// Nothing when a directive is no number, or _HLS_part stands alone. Others are left alone.
std::optional<Reload> parse_reload(std::string_view query);

enum class Wait : std::uint8_t {
    no,      ///< it is there
    yes,     ///< it is on its way
    absurd,  ///< too far ahead to wait for
};

/// Whether the lane holds what was asked for, or will soon.
Wait wait_for(const Window& window, Lane lane, const Reload& reload);

/// The same for a part that a preload hint may have named, by its own address.
Wait wait_for_part(const Window& window, Lane lane, std::uint64_t sequence, std::uint64_t part);

/// What a held request waits for. Those that wait for the same need only one look at the window.
struct Awaited {
    enum class What : std::uint8_t {
        change,    ///< whatever is new
        playlist,  ///< that lists the part; without a part: the whole segment
        part,
    };

    What what = What::change;
    Lane lane{};
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> part;

    auto operator<=>(const Awaited&) const = default;
};

/// False: there may be an answer now, of whatever kind.
bool still_awaited(const Window& window, const Awaited& awaited);

}  // namespace sluice::package
