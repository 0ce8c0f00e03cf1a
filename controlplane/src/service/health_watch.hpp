#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "../nginx/control_socket.hpp"
#include "../store/store.hpp"
#include "event.hpp"
#include "health_book.hpp"

namespace sluice::control {

/// Asks nginx once a second how its streams do, judges them by their channels' `health` and reports
/// every change.
class HealthWatch {
public:
    /// Called in the watch's own thread with `stream.degraded` or `stream.recovered` and its data:
    /// rule, value, threshold, reason.
    using Emit = std::function<void(const Event& event)>;

    /// Starts; the two must outlive it.
    HealthWatch(store::Store& store, const nginx::ControlSocket& nginx, Emit emit);
    HealthWatch(const HealthWatch&) = delete;
    HealthWatch& operator=(const HealthWatch&) = delete;
    ~HealthWatch();

    /// The rules that the channel's stream breaks now: `[{rule, value, threshold, since_ms}]`.
    nlohmann::json breaches(const std::string& channel) const;

private:
    void run();
    void look();
    std::optional<HealthLimits> limits_of(const std::string& channel);

    store::Store& store_;
    const nginx::ControlSocket& nginx_;
    const Emit emit_;

    mutable std::mutex mutex_;  ///< guards the book and the end
    std::condition_variable wake_;
    bool ending_ = false;
    HealthBook book_;

    // Of the watch's thread alone: the limits that were read at `seen_`, of live streams.
    std::map<std::string, std::optional<HealthLimits>, std::less<>> limits_;
    store::Revision seen_ = 0;

    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace sluice::control
