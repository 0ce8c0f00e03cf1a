#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "controlplane/src/nginx/control_socket.hpp"
#include "controlplane/src/nginx/error_log.hpp"
#include "controlplane/src/nginx/generations.hpp"
#include "service.hpp"

namespace sluice::supervisor {

/// Whether nginx comes up on the configuration it is started with: `nginx -t` does not try
/// everything. One that it comes up with is marked as good; from one that it does not, the link
/// goes back to the last good one.
class StartWatch {
public:
    explicit StartWatch(const std::filesystem::path& dir);

    /// To be called right before nginx is started.
    void starting(Clock::time_point now);

    /// When to call look() next; never when there is nothing to find out.
    Clock::time_point due() const { return due_; }

    /// Asks nginx. True when it has had its time and must be ended: another configuration waits.
    bool look(Clock::time_point now);

    /// nginx ended by itself. What was done about its configuration, in words; nothing when it is
    /// not to blame, or when there is no other.
    std::optional<std::string> ended();

private:
    bool up() const;
    std::optional<std::string> fall_back(const std::string& reason);

    std::filesystem::path log_;
    control::nginx::Generations generations_;
    control::nginx::ControlSocket nginx_;
    control::nginx::ErrorLogMark before_;
    std::uint32_t number_ = 0;  ///< what nginx was started with, while it is not known to be good
    Clock::time_point due_ = Clock::time_point::max();
    Clock::time_point give_up_;
};

}  // namespace sluice::supervisor
