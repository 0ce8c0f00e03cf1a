#include "system_routes.hpp"

#include <algorithm>
#include <sstream>

#include "../service/timestamp.hpp"

namespace sluice::control::http {
namespace {

void metric(std::ostream& out, std::string_view name, std::string_view type, std::string_view help,
            auto value)
{
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n'
        << name << ' ' << value << '\n';
}

std::string delivery_metrics(const events::DeliveryFacts& facts)
{
    std::ostringstream out;
    out << "# HELP sluice_webhook_attempts_total Requests to webhooks by their outcome.\n"
           "# TYPE sluice_webhook_attempts_total counter\n"
        << "sluice_webhook_attempts_total{outcome=\"delivered\"} " << facts.delivered << '\n'
        << "sluice_webhook_attempts_total{outcome=\"failed\"} " << facts.failed << '\n';
    metric(out, "sluice_webhook_gave_up_total", "counter", "Events given up after a day.",
           facts.gave_up.load());
    metric(out, "sluice_webhook_lost_total", "counter",
           "Events removed from the journal before they were delivered.", facts.lost.load());
    metric(out, "sluice_webhook_backlog", "gauge", "Events that wait, over all webhooks.",
           facts.backlog.load());
    metric(out, "sluice_webhook_in_flight", "gauge", "Requests to webhooks that run.",
           facts.in_flight.load());
    const auto oldest = facts.oldest_ts_ms.load();
    metric(out, "sluice_webhook_oldest_seconds", "gauge", "Age of the oldest event that waits.",
           oldest == 0 ? 0 : std::max<std::int64_t>(0, now_ms() - oldest) / 1000);
    return out.str();
}

}  // namespace

void SystemRoutes::mount(Router& router)
{
    for (const auto* base : {"", "/api/v1"}) {
        router.add("GET", std::string(base) + "/health", std::nullopt,
                   [this](const Request&) { return health(); });
        router.add("GET", std::string(base) + "/metrics", Scope::viewer,
                   [this](const Request&) { return metrics(); });
    }
}

Answer SystemRoutes::health() const
{
    const bool store = store_.revision().has_value();
    const bool nginx = live_.reachable();
    const auto fallen_back = settings_.fallen_back();
    const bool pending = publisher_.pending();
    const bool all = nginx && !fallen_back && !pending;
    // The API works without nginx, so that is no failure of this service.
    return json_reply(store ? 200 : 503,
                      {{"status", !store ? "failing"
                                  : all  ? "ok"
                                         : "degraded"},
                       {"version", version_},
                       {"store", store ? "ok" : "failing"},
                       {"nginx", nginx ? "ok" : "unreachable"},
                       {"snapshot", pending ? "pending" : "ok"},
                       {"configuration", fallen_back ? "fallen_back" : "in_force"},
                       {"reason", fallen_back ? nlohmann::json(*fallen_back) : nlohmann::json()}})
        .with("Cache-Control", "no-store");
}

Answer SystemRoutes::metrics() const
{
    auto channels = channels_.size();
    if (!channels) return tl::unexpected(channels.error());
    auto revision = store_.revision();
    if (!revision) return tl::unexpected(revision.error());
    const auto of_nginx = live_.metrics();
    auto text = metrics_.text({.channels = *channels,
                               .transactions = *revision,
                               .nginx_up = of_nginx.has_value(),
                               .snapshot_pending = publisher_.pending(),
                               .fallen_back = settings_.fallen_back().has_value()});
    text += authoriser_.metrics();
    text += delivery_metrics(deliveries_);
    if (of_nginx) text += *of_nginx;
    return Reply{.status = 200,
                 .body = std::move(text),
                 .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace sluice::control::http
