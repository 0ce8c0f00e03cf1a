#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::auth {

/// Why a publisher or viewer was refused, or why a running session ended. One list for both,
/// because `disabled` and `expired` are either; the names are printed as they stand in log, event
/// and RTMP status (docs/architecture.md).
enum class Reason : std::uint8_t {
    bad_name,
    unknown_channel,
    disabled,
    expired,
    signature_missing,
    signature_malformed,
    signature_expired,
    signature_wrong,
    address_denied,
    referer_denied,
    origin_denied,
    output_disabled,
    already_publishing,
    hub_full,
    viewer_limit,
    authorise_denied,
    authorise_failed,
    unpublished,
    disconnected,
    idle,
    replaced,
    kicked,
    deleted,
    key_rotated,
    protocol_error,
    shutdown,
};

/// In the order of `Reason`.
inline constexpr std::array<std::string_view, 26> kReasonNames{
    "bad_name",
    "unknown_channel",
    "disabled",
    "expired",
    "signature_missing",
    "signature_malformed",
    "signature_expired",
    "signature_wrong",
    "address_denied",
    "referer_denied",
    "origin_denied",
    "output_disabled",
    "already_publishing",
    "hub_full",
    "viewer_limit",
    "authorise_denied",
    "authorise_failed",
    "unpublished",
    "disconnected",
    "idle",
    "replaced",
    "kicked",
    "deleted",
    "key_rotated",
    "protocol_error",
    "shutdown",
};
static_assert(kReasonNames.size() == static_cast<std::size_t>(Reason::shutdown) + 1);

/// The name as users, scripts and other parts see it; "unknown" for a number that is no Reason (it
/// may come from shared memory written by another build).
constexpr std::string_view to_string(Reason reason)
{
    const auto i = static_cast<std::size_t>(reason);
    return i < kReasonNames.size() ? kReasonNames[i] : "unknown";
}

/// The reverse of to_string; nothing for a name that is none.
constexpr std::optional<Reason> reason_from(std::string_view name)
{
    for (std::size_t i = 0; i < kReasonNames.size(); ++i)
        if (kReasonNames[i] == name) return static_cast<Reason>(i);
    return std::nullopt;
}

}  // namespace sluice::auth
