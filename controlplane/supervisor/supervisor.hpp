#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "service.hpp"
#include "start_watch.hpp"

namespace sluice::supervisor {

struct Options {
    std::filesystem::path dir;      ///< absolute
    std::filesystem::path control;  ///< sluice-control
    std::filesystem::path nginx;
    std::filesystem::path demo;                  ///< sluice-demo; empty: no demo
    std::vector<std::string> control_arguments;  ///< passed on to sluice-control
    std::chrono::milliseconds quit_limit{
        1500};  ///< how long nginx may finish what it has when we stop
};

/// Keeps sluice-control, nginx and, if wanted, the demo running until SIGTERM or SIGINT.
/// Single-threaded; signals must be blocked before it is made (signal_set()).
class Supervisor {
public:
    explicit Supervisor(Options options);

    /// Runs to the end; the exit status.
    int run();

private:
    enum class Phase { configuring, running, stopping };

    void prepare_folder();
    void open_signals();
    void wait_for_events(Clock::time_point until);
    void take_signals();
    void reap(Clock::time_point now);
    void on_end(Service& service, int status, Clock::time_point now);
    void recover_nginx();
    void start_due(Clock::time_point now);
    void look_for_configuration(Clock::time_point now);
    void look_at_start(Clock::time_point now);
    void rotate_nginx_logs(Clock::time_point now);
    bool control_answers() const;
    bool has_configuration() const;
    Clock::time_point next_event(Clock::time_point now) const;
    void stop();
    bool wait_for_end(const Service& service, Clock::time_point until);
    void end(Service& service, int first_signal, std::chrono::milliseconds limit);
    std::vector<pid_t> own_children() const;

    Options options_;
    int signals_ = -1;
    Phase phase_ = Phase::configuring;
    bool stop_asked_ = false;
    bool hurry_ = false;
    int status_ = 0;
    Clock::time_point configure_until_;
    Clock::time_point rotate_at_;
    std::unique_ptr<Service> control_;
    std::unique_ptr<Service> nginx_;
    StartWatch start_watch_;
    std::unique_ptr<Service> demo_;
    std::vector<Service*> services_;
};

/// Blocks the signals that a Supervisor waits for.
void block_signals();

}  // namespace sluice::supervisor
