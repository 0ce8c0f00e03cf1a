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
///     ring/position        how far nginx's event ring is journalled, see events/ring_recorder.hpp
///     ring/posted          how far the journal is posted to the ring: a number
///     ring/live/<id>       empty: the journal's last word on this stream is that it started
///     ring/health/<id>     the rules that this stream breaks, see service/health_record.hpp
///     webhooks/<id>        the webhook document, its secrets in the member "~secrets"
///     webhook-state/<id>   how far it is delivered, see events/delivery_queue.hpp
///     webhook-log/<id>/<n> the delivery of event number n
///     assets/<id>          what an uploaded image is, see service/assets.hpp
///     asset-bytes/<id>/<n> plain bytes: the n-th piece of it
///     transcode-templates/<name>      an own template, see service/transcode_templates.hpp
///     transcode-template-uses/<name>  {}: changes when a channel begins to name that template
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
inline constexpr std::string_view kWebhooks = "webhooks/";
inline constexpr std::string_view kWebhookState = "webhook-state/";
inline constexpr std::string_view kWebhookLog = "webhook-log/";
inline constexpr std::string_view kRing = "ring/";
inline constexpr std::string_view kRingPosition = "ring/position";
inline constexpr std::string_view kRingPosted = "ring/posted";
inline constexpr std::string_view kRingLive = "ring/live/";
inline constexpr std::string_view kRingHealth = "ring/health/";
inline constexpr std::string_view kAssets = "assets/";
inline constexpr std::string_view kAssetBytes = "asset-bytes/";
inline constexpr std::string_view kTranscodeTemplates = "transcode-templates/";
inline constexpr std::string_view kTranscodeTemplateUses = "transcode-template-uses/";
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

inline std::string webhook(std::string_view id)
{
    return std::string(kWebhooks).append(id);
}

inline std::string webhook_state(std::string_view id)
{
    return std::string(kWebhookState).append(id);
}

/// The prefix of a webhook's deliveries: a log of store::numbered_key.
inline std::string webhook_log(std::string_view id)
{
    return std::string(kWebhookLog).append(id).append("/");
}

inline std::string asset(std::string_view id)
{
    return std::string(kAssets).append(id);
}

/// The prefix of an image's pieces, in the order of store::numbered_key.
inline std::string asset_bytes(std::string_view id)
{
    return std::string(kAssetBytes).append(id).append("/");
}

inline std::string transcode_template(std::string_view name)
{
    return std::string(kTranscodeTemplates).append(name);
}

inline std::string transcode_template_use(std::string_view name)
{
    return std::string(kTranscodeTemplateUses).append(name);
}

inline std::string idempotency(std::string_view hash)
{
    return std::string(kIdempotency).append(hash);
}

}  // namespace sluice::control::store::schema
