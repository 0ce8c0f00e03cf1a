#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "../store/store.hpp"

namespace sluice::control {

/// Says how full is what the installation keeps for a time only. Cheap to ask: logs are counted by
/// their first and last number, and the keys of a folder again only when something in it changed,
/// at most once a minute. Thread-safe.
class Census {
public:
    using Clock = std::chrono::steady_clock;

    /// `store` must outlive it. `backups` is their folder.
    Census(const store::Store& store, std::filesystem::path backups)
        : store_(store), backups_(std::move(backups))
    {}

    /// Prometheus text. `max_events` is the journal's bound.
    std::string metrics(std::uint64_t max_events, Clock::time_point now = Clock::now());

private:
    struct Count {
        std::uint64_t keys = 0;
        store::Revision change = 0;  ///< the folder's newest one when it was counted
        Clock::time_point at{};
        bool known = false;
    };

    std::uint64_t count(std::string_view folder, Clock::time_point now);

    const store::Store& store_;
    const std::filesystem::path backups_;
    std::mutex mutex_;
    std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace sluice::control
