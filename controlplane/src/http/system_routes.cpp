#include "system_routes.hpp"

#include "../service/timestamp.hpp"

namespace sluice::control::http {

void SystemRoutes::mount(Router& router)
{
    // Monitors add what they like, and nothing is changed here.
    for (const auto* base : {"", "/api/v1"}) {
        router.add(
            "GET", std::string(base) + "/health", std::nullopt,
            [this](const Request&) { return health(); }, kOwnParameters);
        router.add(
            "GET", std::string(base) + "/metrics", Scope::viewer,
            [this](const Request&) { return metrics(); }, kOwnParameters);
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
    text += census_.metrics(settings_.get().at("events").at("max_count"));
    text += events::metrics_of(deliveries_, now_ms());
    if (of_nginx) text += *of_nginx;
    return Reply{.status = 200,
                 .body = std::move(text),
                 .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace sluice::control::http
