#pragma once

#include <string>
#include <string_view>

/// What is kept under which key. Values are JSON text.
///
///     meta/schema          {"version": 1}
///     settings             the settings document
///     channels/<id>        the channel document; its secrets, and what only the older API
///                          knows of it ("~legacy"), in the member "~secrets"
///     tokens/<id>          {id, name, scope, hash, created_at, expires_at}
///     idempotency/<hash>   {request, answer, created_at_s} of a POST; null: not answered yet
///     meta/installation    plain text: the first part of every event's id
///     events/<number>      the journal, see service/journal.hpp
///     audit/<number>       the audit log, see service/audit.hpp
namespace sluice::control::store::schema {

inline constexpr int kVersion = 1;

inline constexpr std::string_view kSchema = "meta/schema";
inline constexpr std::string_view kInstallation = "meta/installation";
inline constexpr std::string_view kSettings = "settings";
inline constexpr std::string_view kChannels = "channels/";
inline constexpr std::string_view kTokens = "tokens/";
inline constexpr std::string_view kIdempotency = "idempotency/";
inline constexpr std::string_view kEvents = "events/";
inline constexpr std::string_view kAudit = "audit/";

inline std::string channel(std::string_view id)
{
    return std::string(kChannels).append(id);
}

inline std::string token(std::string_view id)
{
    return std::string(kTokens).append(id);
}

inline std::string idempotency(std::string_view hash)
{
    return std::string(kIdempotency).append(hash);
}

}  // namespace sluice::control::store::schema
