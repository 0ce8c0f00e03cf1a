#pragma once

#include <string>
#include <string_view>

/// What is kept under which key. Values are JSON text.
///
///     meta/schema          {"version": 1}
///     settings             the settings document
///     channels/<id>        the channel document, its secrets in the member "~secrets"
///     tokens/<id>          {id, name, scope, hash, created_at, expires_at}
///     idempotency/<hash>   {request, answer, created_at_s} of a POST; null: not answered yet
///     meta/installation    plain text: the first part of every event's id
///     events/<number>      the journal, see service/journal.hpp
///     ring/position        how far nginx's event ring is journalled, see events/ring_recorder.hpp
///     ring/posted          how far the journal is posted to the ring: a number
///     ring/live/<id>       empty: the journal's last word on this stream is that it started
///     webhooks/<id>        the webhook document, its secrets in the member "~secrets"
///     webhook-state/<id>   how far it is delivered, see events/delivery_queue.hpp
///     webhook-log/<id>/<n> the delivery of event number n
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
inline constexpr std::string_view kWebhooks = "webhooks/";
inline constexpr std::string_view kWebhookState = "webhook-state/";
inline constexpr std::string_view kWebhookLog = "webhook-log/";
inline constexpr std::string_view kRingPosition = "ring/position";
inline constexpr std::string_view kRingPosted = "ring/posted";
inline constexpr std::string_view kRingLive = "ring/live/";
inline constexpr std::string_view kAudit = "audit/";

inline std::string channel(std::string_view id)
{
    return std::string(kChannels).append(id);
}

inline std::string token(std::string_view id)
{
    return std::string(kTokens).append(id);
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

inline std::string idempotency(std::string_view hash)
{
    return std::string(kIdempotency).append(hash);
}

}  // namespace sluice::control::store::schema
