#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "back_off.hpp"
#include "child.hpp"
#include "core/process/log_file.hpp"

namespace sluice::supervisor {

inline constexpr std::uintmax_t kLogLimit = 16u << 20;
inline constexpr unsigned kLogsKept = 3;

using Clock = std::chrono::steady_clock;

/// One program that is kept running: its process, what it prints, and when it is to be started
/// again.
class Service {
public:
    Service(std::string name, Command command, const std::filesystem::path& log);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    const std::string& name() const { return name_; }
    pid_t pid() const { return child_.pid; }
    bool running() const { return child_.pid > 0; }
    int output() const { return child_.output; }
    /// The last whole line it printed: the reason, when it could not start.
    const std::string& last_line() const { return last_line_; }
    int ends() const { return ends_; }

    /// When to start it; nothing is due while it runs or before wanted_from() was called.
    Clock::time_point due() const { return due_; }
    void wanted_from(Clock::time_point when) { due_ = when; }
    void not_wanted() { due_ = Clock::time_point::max(); }

    /// For the next start.
    void add_argument(std::string argument) { command_.argv.push_back(std::move(argument)); }

    void start_now(Clock::time_point now);

    /// Takes what it printed into the log.
    void read_output();

    /// To be called when its process was reaped with the wait status `status`. Says how it ended,
    /// and plans the next start.
    std::string ended(int status, Clock::time_point now);

    /// Does nothing when it does not run.
    void signal(int number) const;

private:
    void remember_line(std::string_view text);

    std::string name_;
    Command command_;
    process::LogFile log_;
    BackOff back_off_;
    Child child_;
    Clock::time_point due_ = Clock::time_point::max();
    Clock::time_point started_;
    std::string last_line_;
    std::string open_line_;
    int ends_ = 0;
};

}  // namespace sluice::supervisor
