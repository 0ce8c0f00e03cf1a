#include "health_book.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

/// Publishers come back to an nginx that started anew; until then their streams are not over.
constexpr std::int64_t kComeBackMs = 30'000;

}  // namespace

std::vector<HealthBook::Change> HealthBook::take(const json& answer, const LimitsOf& limits_of,
                                                 std::int64_t now_ms)
{
    std::vector<Change> changes;
    const auto boot = answer.value("boot", "");
    const auto clock = answer.value("now_ms", std::int64_t{0});
    const json streams = answer.value("streams", json::array());
    for (const auto& item : streams) {
        const auto state = item.value("state", "");
        if (state != "live" && state != "waiting") continue;
        const auto id = item.value("id", "");
        const auto limits = limits_of(id);
        if (!limits) continue;
        auto& stream = streams_[id];
        stream.boot = boot;
        stream.kept_ms = now_ms;
        if (state == "waiting") continue;  // its publisher may be back in a moment
        for (auto& change : stream.health.judge(*limits, sample_of(item, clock), now_ms)) {
            changes.push_back({id, change});
        }
    }
    forget_gone(boot, now_ms);
    return changes;
}

void HealthBook::forget_gone(const std::string& boot, std::int64_t now_ms)
{
    std::erase_if(streams_, [&](const auto& entry) {
        const auto& stream = entry.second;
        return stream.kept_ms != now_ms &&
               (stream.boot == boot || now_ms - stream.kept_ms > kComeBackMs);
    });
}

std::vector<Breach> HealthBook::breaches(const std::string& channel) const
{
    const auto stream = streams_.find(channel);
    return stream == streams_.end() ? std::vector<Breach>{} : stream->second.health.breaches();
}

std::map<std::string, HealthBook::Open> HealthBook::open() const
{
    std::map<std::string, Open> open;
    for (const auto& [channel, stream] : streams_) {
        auto breaches = stream.health.breaches();
        if (!breaches.empty()) open[channel] = {stream.boot, std::move(breaches)};
    }
    return open;
}

void HealthBook::restore(const std::string& channel, const Open& open, std::int64_t now_ms)
{
    auto& stream = streams_[channel];
    stream.health.restore(open.breaches);
    stream.boot = open.boot;
    stream.kept_ms = now_ms;
}

}  // namespace sluice::control
