#include "health_watch.hpp"

#include <chrono>

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

}  // namespace

HealthWatch::HealthWatch(store::Store& store, const Journal& journal,
                         const nginx::ControlSocket& nginx)
    : store_(store), nginx_(nginx), record_(store, journal), thread_([this] { run(); })
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
    if (auto done = load(); !done) return log_message(Level::error, done.error().detail);
    const auto answer = nginx_.get("/-/streams", kListLimit);
    if (!answer) return;  // nothing is known: nothing changes
    // Read before the channels, so that a change meanwhile is seen in the next round at the latest.
    const auto revision = store_.revision();
    if (!revision || *revision != seen_) limits_.clear();
    if (revision) seen_ = *revision;

    auto next = book_;
    const auto now = monotonic_ms();
    const auto changes = next.take(
        *answer, [this](const std::string& channel) { return limits_of(channel); }, now);
    if (next.size() == 0) limits_.clear();
    // What could not be told has not happened: the next round finds it again.
    if (auto done = record_.commit(changes, next, now); !done) {
        return log_message(Level::error, done.error().detail);
    }
    const std::lock_guard lock(mutex_);
    book_ = std::move(next);
}

Result<void> HealthWatch::load()
{
    if (loaded_) return {};
    HealthBook book;
    if (auto done = record_.load(book, monotonic_ms()); !done) return done;
    const std::lock_guard lock(mutex_);
    book_ = std::move(book);
    loaded_ = true;
    return {};
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
