#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cgroup.hpp"
#include "control.hpp"
#include "core/hook/progress.hpp"
#include "core/process/family.hpp"
#include "core/process/pipe.hpp"
#include "ending.hpp"
#include "program.hpp"
#include "program_events.hpp"
#include "program_log.hpp"

namespace sluice::exec {

/// The life of one program: start it, watch it, end it, and tell the worker of all that.
class Session {
public:
    /// `name` is that of the hook; all signals must be blocked.
    Session(Control& control, const hook::Spec& spec, const std::string& name);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Returns when nothing of the program is left and the worker knows.
    void run();

private:
    bool start();
    void wait_for_something();
    void read_signals();
    void read_log();
    void read_progress();
    void hear_worker();
    void reap();
    void program_ended(int status);
    void act(Clock::time_point now);
    void signal_program(int number);
    void measure(Clock::time_point now);
    bool watches_memory() const;
    void tell_news(Clock::time_point now);
    void sweep(Clock::time_point now);
    Clock::time_point next_event() const;
    bool over() const;
    hook::Ended summary();

    Control& control_;
    const hook::Spec& spec_;
    Cgroup cgroup_;
    ProgramLog log_;
    process::Descendants family_;
    Ending ending_;
    hook::ProgressReader progress_reader_;
    process::Pipe printed_;
    std::optional<process::Pipe> progress_;
    std::optional<ProgramEvents> events_;
    int signals_;

    pid_t program_ = 0;
    std::optional<int> status_;  ///< of the program, once it ended
    bool childless_ = false;
    bool sent_term_ = false;
    bool sent_kill_ = false;
    bool over_memory_ = false;
    std::uint64_t most_rss_bytes_ = 0;
    std::optional<hook::Progress> untold_progress_;

    Clock::time_point measure_at_;
    Clock::time_point usage_at_;
    Clock::time_point line_at_;
    Clock::time_point progress_at_;
    Clock::time_point sweep_at_ = Clock::time_point::max();
    Clock::time_point give_up_at_ = Clock::time_point::max();
};

}  // namespace sluice::exec
