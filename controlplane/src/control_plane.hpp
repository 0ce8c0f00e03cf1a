#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "events/deliverer.hpp"
#include "events/retention.hpp"
#include "events/ring_poster.hpp"
#include "events/ring_reader.hpp"
#include "http/channel_routes.hpp"
#include "http/event_routes.hpp"
#include "http/request_counters.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/settings_routes.hpp"
#include "http/system_routes.hpp"
#include "http/token_routes.hpp"
#include "http/webhook_routes.hpp"
#include "nginx/activation.hpp"
#include "nginx/control_socket.hpp"
#include "result.hpp"
#include "service/channels.hpp"
#include "service/idempotency.hpp"
#include "service/journal.hpp"
#include "service/live.hpp"
#include "service/settings.hpp"
#include "service/tokens.hpp"
#include "service/webhooks.hpp"
#include "snapshot/publisher.hpp"
#include "store/lmdb_store.hpp"

namespace sluice::control {

/// One running control plane: every part, in the order in which they need each other.
class ControlPlane {
public:
    struct Options {
        nginx::Places places;
        bool restarted = false;                           ///< this process replaces one that died
        nlohmann::json flags = nlohmann::json::object();  ///< settings the command line states
        std::int64_t webhook_delay_ms = 1000;             ///< before the second attempt
    };

    /// Takes DIR for itself, puts channels and settings in force, serves the API. Threads start
    /// here: block signals before.
    static Result<std::unique_ptr<ControlPlane>> start(Options options);
    ~ControlPlane();

    /// Forgets what is kept for a time only. To be called about once an hour.
    void tidy();

    /// Answers the requests in flight, then serves no more.
    void stop();

private:
    ControlPlane(const Options& options, std::unique_ptr<store::Store> store, Journal journal,
                 std::string admin_token);
    Result<void> serve(const Options& options);

    std::filesystem::path dir_;
    std::unique_ptr<store::Store> store_;
    Journal journal_;
    nginx::ControlSocket nginx_;
    snapshot::Publisher publisher_;
    nginx::Activation activation_;
    Settings settings_;
    Tokens tokens_;
    Channels channels_;
    Live live_;
    Idempotency idempotency_;
    Webhooks webhooks_;
    events::Deliverer deliverer_;
    events::RingReader ring_reader_;
    events::RingPoster ring_poster_;
    events::Retention retention_;

    http::RequestCounters counters_;
    http::Router router_;
    http::ChannelRoutes channel_routes_;
    http::TokenRoutes token_routes_;
    http::SettingsRoutes settings_routes_;
    http::SystemRoutes system_routes_;
    http::EventRoutes event_routes_;
    http::WebhookRoutes webhook_routes_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace sluice::control
