#include "health_watch.hpp"

#include <chrono>
#include <cmath>

#include "../log.hpp"
#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kEvery = 1s;
constexpr std::chrono::milliseconds kListLimit{2000};

std::int64_t monotonic_ms()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// What a person wants to read: no more than three digits behind the point.
json rounded(std::optional<double> value)
{
    return value ? json(std::round(*value * 1000) / 1000) : json();
}

/// The reason of a degraded stream, in words of the same kind as nginx's own `gop_exceeds_ring`.
const char* reason_of(HealthRule rule)
{
    switch (rule) {
        case HealthRule::bitrate:
            return "bitrate_low";
        case HealthRule::fps:
            return "fps_low";
        case HealthRule::keyframe_interval:
            return "keyframe_late";
        case HealthRule::av_drift:
            return "av_drift";
        case HealthRule::silence:
            break;
    }
    return "silence";
}

json data_of(const HealthChange& change)
{
    return {{"rule", name_of(change.rule)},
            {"value", rounded(change.value)},
            {"threshold", rounded(change.threshold)},
            {"reason", reason_of(change.rule)}};
}

}  // namespace

HealthWatch::HealthWatch(store::Store& store, const nginx::ControlSocket& nginx, Emit emit)
    : store_(store), nginx_(nginx), emit_(std::move(emit)), thread_([this] { run(); })
{}

HealthWatch::~HealthWatch()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void HealthWatch::run()
{
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kEvery, [this] { return ending_; })) {
        lock.unlock();
        try {
            look();
        } catch (const std::exception& e) {
            log_message(Level::error, std::string("health: ") + e.what());
        }
        lock.lock();
    }
}

void HealthWatch::look()
{
    const auto answer = nginx_.get("/-/streams", kListLimit);
    if (!answer) return;  // nothing is known: nothing changes
    // Read before the channels, so that a change meanwhile is seen in the next round at the latest.
    const auto revision = store_.revision();
    if (!revision || *revision != seen_) limits_.clear();
    if (revision) seen_ = *revision;

    std::vector<HealthBook::Change> changes;
    {
        const std::lock_guard lock(mutex_);
        changes = book_.take(
            *answer, [this](const std::string& channel) { return limits_of(channel); },
            monotonic_ms());
        if (book_.size() == 0) limits_.clear();
    }
    for (const auto& [channel, what] : changes) {
        emit_({.type = what.degraded ? "stream.degraded" : "stream.recovered",
               .channel = channel,
               .ts_ms = now_ms(),
               .data = data_of(what)});
    }
}

std::optional<HealthLimits> HealthWatch::limits_of(const std::string& channel)
{
    const auto known = limits_.find(channel);
    if (known != limits_.end()) return known->second;
    std::optional<HealthLimits> limits;
    const auto entry = store_.get(store::schema::channel(channel));
    if (entry && *entry) {
        if (const auto document = from_stored(**entry)) limits = control::limits_of(*document);
    }
    return limits_[channel] = limits;
}

json HealthWatch::breaches(const std::string& channel) const
{
    std::vector<Breach> found;
    {
        const std::lock_guard lock(mutex_);
        found = book_.breaches(channel);
    }
    const auto wall = now_ms() - monotonic_ms();
    json list = json::array();
    for (const auto& breach : found) {
        list.push_back({{"rule", name_of(breach.rule)},
                        {"value", rounded(breach.value)},
                        {"threshold", rounded(breach.threshold)},
                        {"since_ms", wall + breach.since_ms}});
    }
    return list;
}

}  // namespace sluice::control
