#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "events/deliverer.hpp"
#include "events/retention.hpp"
#include "events/ring_poster.hpp"
#include "events/ring_reader.hpp"
#include "ffmpeg/context.hpp"
#include "ffmpeg/encoders.hpp"
#include "http/asset_routes.hpp"
#include "http/audit_routes.hpp"
#include "http/authorise_routes.hpp"
#include "http/backup_routes.hpp"
#include "http/channel_routes.hpp"
#include "http/encoder_routes.hpp"
#include "http/event_routes.hpp"
#include "http/exchange_routes.hpp"
#include "http/generation_routes.hpp"
#include "http/legacy_routes.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/session_routes.hpp"
#include "http/settings_routes.hpp"
#include "http/system_routes.hpp"
#include "http/token_routes.hpp"
#include "http/transcode_template_routes.hpp"
#include "http/user_routes.hpp"
#include "http/webhook_routes.hpp"
#include "metrics.hpp"
#include "nginx/activation.hpp"
#include "nginx/control_socket.hpp"
#include "result.hpp"
#include "service/assets.hpp"
#include "service/audit_log.hpp"
#include "service/authoriser.hpp"
#include "service/backups.hpp"
#include "service/census.hpp"
#include "service/channels.hpp"
#include "service/fetched_images.hpp"
#include "service/health_watch.hpp"
#include "service/idempotency.hpp"
#include "service/journal.hpp"
#include "service/last_use.hpp"
#include "service/live.hpp"
#include "service/passwords.hpp"
#include "service/sessions.hpp"
#include "service/settings.hpp"
#include "service/tokens.hpp"
#include "service/transcode_templates.hpp"
#include "service/users.hpp"
#include "service/webhooks.hpp"
#include "snapshot/publisher.hpp"
#include "store/lmdb_store.hpp"

namespace sluice::control {

/// Exit status of `sluice-control --check-store` for a store that is not usable; what it prints
/// says why.
inline constexpr int kCheckRefused = 3;

/// One running control plane: every part, in the order in which they need each other.
class ControlPlane {
public:
    struct Options {
        nginx::Places places;
        bool restarted = false;                           ///< this process replaces one that died
        nlohmann::json flags = nlohmann::json::object();  ///< settings the command line states
        std::int64_t webhook_delay_ms = 1000;             ///< before the second attempt
        std::filesystem::path ffmpeg = "/usr/bin/ffmpeg";
    };

    /// Takes DIR for itself, puts channels and settings in force, serves the API. Threads start
    /// here: block signals before.
    static Result<std::unique_ptr<ControlPlane>> start(Options options);
    ~ControlPlane();

    /// For --print-hooks: what would run beside a channel of these settings, here.
    static Result<nlohmann::ordered_json> hooks_of(const Options& options,
                                                   const std::string& settings);

    /// Forgets what is kept for a time only. To be called about once an hour.
    void tidy();

    /// Answers the requests in flight, then serves no more.
    void stop();

private:
    ControlPlane(const Options& options, std::unique_ptr<Metrics> metrics,
                 std::unique_ptr<store::LmdbStore> store, Journal journal,
                 const std::string& admin_token);
    Result<void> serve(const Options& options);
    Result<void> serve_authorise();
    bool publish();
    void write_out_images();

    std::filesystem::path dir_;
    ffmpeg::Installed encoders_;
    ffmpeg::Context hooks_;
    std::unique_ptr<Metrics> metrics_;
    std::unique_ptr<store::LmdbStore> store_;
    Journal journal_;
    ImageFolder images_;
    Assets assets_;
    nginx::ControlSocket nginx_;
    snapshot::Publisher publisher_;
    nginx::Activation activation_;
    Settings settings_;
    LastUse uses_;
    Tokens tokens_;
    Passwords passwords_;
    Users users_;
    Sessions sessions_;
    AuditLog audit_;
    Backups backups_;
    Channels channels_;
    TranscodeTemplates templates_;
    Live live_;
    HealthWatch health_;
    FetchedImages fetched_;
    Census census_;
    Authoriser authoriser_;
    Idempotency idempotency_;
    Webhooks webhooks_;
    events::Deliverer deliverer_;
    events::RingReader ring_reader_;
    events::RingPoster ring_poster_;
    events::Retention retention_;

    http::Router router_;
    http::ChannelRoutes channel_routes_;
    http::LegacyRoutes legacy_routes_;
    http::ExchangeRoutes exchange_routes_;
    http::TokenRoutes token_routes_;
    http::UserRoutes user_routes_;
    http::SessionRoutes session_routes_;
    http::AuditRoutes audit_routes_;
    http::BackupRoutes backup_routes_;
    http::SettingsRoutes settings_routes_;
    http::GenerationRoutes generation_routes_;
    http::SystemRoutes system_routes_;
    http::EncoderRoutes encoder_routes_;
    http::EventRoutes event_routes_;
    http::WebhookRoutes webhook_routes_;
    http::AssetRoutes asset_routes_;
    http::TranscodeTemplateRoutes template_routes_;
    std::unique_ptr<http::Server> server_;

    // Apart from the API, so that a slow callback delays nobody there.
    http::Router authorise_router_;
    http::AuthoriseRoutes authorise_routes_;
    std::unique_ptr<http::Server> authorise_server_;
    std::thread warm_up_;
};

}  // namespace sluice::control
