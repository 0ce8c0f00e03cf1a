#include "delivery_facts.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace sluice::control::events {
namespace {

void metric(std::ostream& out, std::string_view name, std::string_view type, std::string_view help,
            auto value)
{
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n'
        << name << ' ' << value << '\n';
}

}  // namespace

std::string metrics_of(const DeliveryFacts& facts, std::int64_t now_ms)
{
    std::ostringstream out;
    out << "# HELP sluice_webhook_attempts_total Requests to webhooks by their outcome.\n"
           "# TYPE sluice_webhook_attempts_total counter\n"
        << "sluice_webhook_attempts_total{outcome=\"delivered\"} " << facts.delivered << '\n'
        << "sluice_webhook_attempts_total{outcome=\"failed\"} " << facts.failed << '\n';
    metric(out, "sluice_webhook_gave_up_total", "counter", "Events given up after a day.",
           facts.gave_up.load());
    metric(out, "sluice_webhook_lost_total", "counter",
           "Events removed from the journal before they were delivered, at most.",
           facts.lost.load());
    metric(out, "sluice_webhook_backlog", "gauge",
           "Events of the journal from the oldest undelivered one on, over all webhooks.",
           facts.backlog.load());
    metric(out, "sluice_webhook_in_flight", "gauge", "Requests to webhooks that run.",
           facts.in_flight.load());
    const auto oldest = facts.oldest_ts_ms.load();
    const auto age = oldest == 0 ? 0 : std::max<std::int64_t>(0, now_ms - oldest) / 1000;
    metric(out, "sluice_webhook_oldest_seconds", "gauge", "Age of the oldest event that waits.",
           age);
    return out.str();
}

}  // namespace sluice::control::events
