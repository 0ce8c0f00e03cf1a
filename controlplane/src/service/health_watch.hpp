#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "../nginx/control_socket.hpp"
#include "../store/store.hpp"
#include "health_book.hpp"
#include "health_record.hpp"
#include "journal.hpp"

namespace sluice::control {

/// Asks nginx once a second how its streams do, judges them by their channels' `health` and records
/// every change in the journal.
class HealthWatch {
public:
    /// Starts; the three must outlive it.
    HealthWatch(store::Store& store, const Journal& journal, const nginx::ControlSocket& nginx);
    HealthWatch(const HealthWatch&) = delete;
    HealthWatch& operator=(const HealthWatch&) = delete;
    ~HealthWatch();

    /// The rules that the channel's stream breaks now: `[{rule, value, threshold, since_ms}]`.
    nlohmann::json breaches(const std::string& channel) const;

private:
    void run();
    void look();
    Result<void> load();
    std::optional<HealthLimits> limits_of(const std::string& channel);

    store::Store& store_;
    const nginx::ControlSocket& nginx_;

    mutable std::mutex mutex_;  ///< guards the book and the end
    std::condition_variable wake_;
    bool ending_ = false;
    HealthBook book_;  ///< changed by the watch's thread alone

    // Of the watch's thread alone, as the limits that were read at `seen_`, of live streams.
    HealthRecord record_;
    bool loaded_ = false;
    std::map<std::string, std::optional<HealthLimits>, std::less<>> limits_;
    store::Revision seen_ = 0;

    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace sluice::control
