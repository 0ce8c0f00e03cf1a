#include "retention.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "../log.hpp"
#include "../service/timestamp.hpp"
#include "../store/schema.hpp"

namespace sluice::control::events {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kEvery{5};
constexpr std::int64_t kDayMs = 86'400'000;

}  // namespace

/// One transaction: how many were removed.
Result<std::size_t> Retention::step(std::int64_t now_ms)
{
    const auto bounds = bounds_();
    const auto needed = needed_();
    const auto newest = journal_.newest();
    if (!newest) return tl::unexpected(newest.error());
    const auto events = journal_.after(0, store::kMaxOperations);
    if (!events) return tl::unexpected(events.error());
    std::vector<store::Operation> work;
    for (const auto& event : *events) {
        const auto number = event.at("number").get<std::uint64_t>();
        const auto age = now_ms - event.at("ts_ms").get<std::int64_t>();
        const bool many = number + bounds.max_count <= *newest;
        const bool too_many = number + 2 * bounds.max_count <= *newest;
        const bool keep = number >= needed && age < kNeededMs && !too_many;
        if (number == *newest || keep || (!many && age < bounds.max_days * kDayMs)) break;
        work.push_back(store::remove(store::numbered_key(store::schema::kEvents, number)));
    }
    const auto count = work.size();
    if (count == 0) return count;
    return store_.commit(std::move(work)).map([count](store::Revision) { return count; });
}

Result<void> Retention::run(std::int64_t now_ms)
{
    while (true) {
        auto removed = step(now_ms);
        if (!removed) return tl::unexpected(removed.error());
        const std::lock_guard lock(mutex_);
        if (*removed < store::kMaxOperations || stopping_) return {};
    }
}

void Retention::start()
{
    thread_ = std::thread([this] { work(); });
}

void Retention::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Retention::work()
{
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        try {
            if (auto done = run(now_ms()); !done) log_message(Level::error, done.error().detail);
        } catch (const std::exception& e) {
            log_message(Level::error, e.what());
        }
        lock.lock();
        wake_.wait_for(lock, kEvery, [this] { return stopping_; });
    }
}

}  // namespace sluice::control::events
