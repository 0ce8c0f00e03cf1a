#pragma once

#include <string>
#include <string_view>

/// What is kept under which key. Values are JSON text.
///
///     meta/schema          {"version": 1}
///     settings             the settings document
///     channels/<id>        the channel document; its secrets, and what only the older API
///                          knows of it ("~legacy"), in the member "~secrets"
///     tokens/<id>          {id, name, scope, hash, created_at, expires_at, created_by}
///     users/<id>           {id, username, role, enabled, password_hash, epoch, created_at,
///                          updated_at}
///     usernames/<name>     plain text: the id of the user
///     meta/users           {}: changes with every change of who there is and who is an admin
///     meta/admin-password  hash of the SLUICE_ADMIN_PASSWORD that was put in force last
///     sessions/<user>-<id> {id, user, hash, epoch, created_at_s, expires_at_s, address, agent}
///     uses/<key>           plain text: when that token or session was used last
///     logins/<user>        plain text: when that user signed in last
///     idempotency/<hash>   {request, answer, created_at_s} of a POST; null: not answered yet
///     meta/backup          {created_at}: only in a backup, and in a store that one was put back as
///     meta/installation    plain text: the first part of every event's id
///     events/<number>      the journal, see service/journal.hpp
///     audit/<number>       the audit log, see service/audit.hpp
namespace sluice::control::store::schema {

inline constexpr int kVersion = 1;

inline constexpr std::string_view kSchema = "meta/schema";
inline constexpr std::string_view kInstallation = "meta/installation";
inline constexpr std::string_view kBackup = "meta/backup";
inline constexpr std::string_view kSettings = "settings";
inline constexpr std::string_view kChannels = "channels/";
inline constexpr std::string_view kTokens = "tokens/";
inline constexpr std::string_view kUsers = "users/";
inline constexpr std::string_view kUsernames = "usernames/";
inline constexpr std::string_view kCensus = "meta/users";
inline constexpr std::string_view kGivenPassword = "meta/admin-password";
inline constexpr std::string_view kSessions = "sessions/";
inline constexpr std::string_view kUses = "uses/";
inline constexpr std::string_view kLogins = "logins/";
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

inline std::string user(std::string_view id)
{
    return std::string(kUsers).append(id);
}

inline std::string username(std::string_view name)
{
    return std::string(kUsernames).append(name);
}

/// `id` is that of the session, which starts with its user's: `<user>-…`.
inline std::string session(std::string_view id)
{
    return std::string(kSessions).append(id);
}

inline std::string login(std::string_view user)
{
    return std::string(kLogins).append(user);
}

inline std::string idempotency(std::string_view hash)
{
    return std::string(kIdempotency).append(hash);
}

}  // namespace sluice::control::store::schema
