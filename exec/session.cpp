#include "session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/channel/hook.hpp"

namespace sluice::exec {
namespace {

using namespace std::chrono_literals;
using process::Pipe;

constexpr auto kUsageEvery = 1s;
/// Where the kernel doesn't hold the program to its memory, we do: this often once it has half of
/// what it may have. What it may reserve bounds those that are quicker.
constexpr auto kMemoryEvery = 250ms;
constexpr auto kLineEvery = 1s;
constexpr auto kProgressEvery = 50ms;
constexpr auto kSweepEvery = 20ms;
/// A process that the kernel can't kill (a dead network disk) must not hold up the report.
constexpr auto kSweepLimit = 5s;
constexpr std::size_t kBlock = 64u << 10;

std::int64_t wall_ms()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int signal_descriptor()
{
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGTERM);
    return signalfd(-1, &waited, SFD_NONBLOCK | SFD_CLOEXEC);
}

/// The program alone has its input and outputs, so that their other ends see it end.
void let_go_of(const hook::Spec& spec)
{
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    close(null);
    const int end = channel::kFirstOutput + static_cast<int>(spec.outputs);
    for (int output = channel::kFirstOutput; output < end; ++output) close(output);
}

}  // namespace

Session::Session(Control& control, const hook::Spec& spec, const std::string& name)
    : control_(control),
      spec_(spec),
      cgroup_(spec, name),
      log_(spec),
      ending_(std::chrono::milliseconds(spec.grace_ms), std::chrono::milliseconds(spec.term_ms)),
      signals_(signal_descriptor())
{
    if (spec.progress) progress_.emplace();
    if (spec.events) events_.emplace();
}

Session::~Session()
{
    close(signals_);
}

void Session::run()
{
    if (!start()) return;
    while (!over()) {
        wait_for_something();
        act(Clock::now());
    }
    read_log();
    if (progress_) read_progress();
    if (events_) events_->read(control_, wall_ms());
    log_.finish(wall_ms());
    if (untold_progress_) control_.tell(*untold_progress_);
    control_.tell_surely(summary());
}

bool Session::start()
{
    const auto pid =
        exec::start(spec_, {.log = printed_.end(Pipe::writing),
                            .progress = progress_ ? progress_->end(Pipe::writing) : -1,
                            .events = events_ ? events_->pipe().end(Pipe::writing) : -1,
                            .cgroup = cgroup_.door()});
    if (!pid) {
        control_.tell_surely(
            hook::Ended{.reason = hook::EndReason::could_not_start, .line = pid.error()});
        return false;
    }
    program_ = *pid;
    let_go_of(spec_);
    printed_.close(Pipe::writing);
    printed_.never_wait(Pipe::reading);
    if (progress_) {
        progress_->close(Pipe::writing);
        progress_->never_wait(Pipe::reading);
    }
    if (events_) events_->pipe().close(Pipe::writing);
    control_.tell(hook::Started{program_});
    family_.look();
    usage_at_ = Clock::now() + kUsageEvery;
    measure_at_ = watches_memory() ? Clock::now() + kMemoryEvery : usage_at_;
    return true;
}

void Session::wait_for_something()
{
    using std::chrono::ceil, std::chrono::milliseconds;
    const auto left = ceil<milliseconds>(next_event() - Clock::now()).count();
    std::array<pollfd, 5> sources{
        pollfd{signals_, POLLIN, 0}, pollfd{printed_.end(Pipe::reading), POLLIN, 0},
        pollfd{progress_ ? progress_->end(Pipe::reading) : -1, POLLIN, 0},
        pollfd{control_.closed() ? -1 : control_.socket(), POLLIN, 0},
        pollfd{events_ ? events_->pipe().end(Pipe::reading) : -1, POLLIN, 0}};
    poll(sources.data(), sources.size(), static_cast<int>(std::clamp<long>(left, 0, 60'000)));
    if (sources[0].revents != 0) read_signals();
    if (sources[1].revents != 0) read_log();
    if (sources[2].revents != 0) read_progress();
    if (sources[3].revents != 0) hear_worker();
    if (sources[4].revents != 0) events_->read(control_, wall_ms());
}

void Session::read_signals()
{
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == sizeof info) {
        // Our worker died, or somebody means us.
        if (info.ssi_signo == SIGTERM) ending_.hurry(Clock::now());
    }
    reap();
}

/// One block at a time, which is all that a pipe holds: a flood must not keep us from all else.
void Session::read_log()
{
    static std::array<char, kBlock> block;
    const auto got = read(printed_.end(Pipe::reading), block.data(), block.size());
    if (got > 0) log_.add({block.data(), static_cast<std::size_t>(got)}, wall_ms());
    if (got == 0) printed_.close(Pipe::reading);
}

void Session::read_progress()
{
    static std::array<char, kBlock> block;
    const auto got = read(progress_->end(Pipe::reading), block.data(), block.size());
    if (got > 0) {
        if (const auto told = progress_reader_.add({block.data(), static_cast<std::size_t>(got)}))
            untold_progress_ = told;
    }
    if (got == 0) progress_->close(Pipe::reading);
}

void Session::hear_worker()
{
    const auto asked = control_.request();
    const auto now = Clock::now();
    if (control_.closed()) return ending_.hurry(now);
    if (asked == hook::Request::end) ending_.ask(now);
    if (asked == hook::Request::kill) ending_.kill(now);
}

void Session::reap()
{
    for (;;) {
        siginfo_t info{};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
            childless_ = errno == ECHILD;
            return;
        }
        if (info.si_pid == 0) return;
        // Until it is reaped, its number is that of its group and of nothing else.
        if (info.si_pid == program_) kill(-program_, SIGKILL);
        int status = 0;
        waitpid(info.si_pid, &status, 0);
        if (info.si_pid == program_) program_ended(status);
    }
}

void Session::program_ended(int status)
{
    status_ = status;
    sweep_at_ = Clock::now();
    give_up_at_ = sweep_at_ + kSweepLimit;
}

void Session::act(Clock::time_point now)
{
    if (!status_) signal_program(ending_.due_signal(now));
    if (now >= measure_at_ && !status_) measure(now);
    if (now >= sweep_at_) sweep(now);
    tell_news(now);
}

void Session::signal_program(int number)
{
    if (number == 0) return;
    sent_term_ = sent_term_ || number == SIGTERM;
    sent_kill_ = sent_kill_ || number == SIGKILL;
    kill(-program_, number);
    if (getpgid(program_) != program_) kill(program_, number);
    // One that stands still would never hear of it.
    if (number == SIGTERM) kill(-program_, SIGCONT);
}

void Session::measure(Clock::time_point now)
{
    const bool tells = now >= usage_at_;
    if (tells) {
        usage_at_ = now + kUsageEvery;
        family_.look();
    }
    const auto usage = family_.usage();
    const bool grown = watches_memory() && usage.rss_bytes > spec_.memory_bytes / 2;
    measure_at_ = grown ? std::min(now + kMemoryEvery, usage_at_) : usage_at_;
    most_rss_bytes_ = std::max(most_rss_bytes_, usage.rss_bytes);
    if (watches_memory() && usage.rss_bytes > spec_.memory_bytes) {
        over_memory_ = true;
        signal_program(SIGKILL);
    }
    if (tells) control_.tell(hook::Usage{.cpu_ms = usage.cpu_ms, .rss_bytes = usage.rss_bytes});
}

bool Session::watches_memory() const
{
    return spec_.memory_bytes > 0 && !cgroup_.bounds_memory();
}

void Session::tell_news(Clock::time_point now)
{
    if (log_.has_news() && now >= line_at_) {
        line_at_ = now + kLineEvery;
        control_.tell(hook::Line{log_.take_news()});
    }
    if (untold_progress_ && now >= progress_at_) {
        progress_at_ = now + kProgressEvery;
        control_.tell(*untold_progress_);
        untold_progress_.reset();
    }
}

/// The program ended: nobody it left behind lives on.
void Session::sweep(Clock::time_point now)
{
    cgroup_.kill();
    process::kill_children();
    sweep_at_ = now + kSweepEvery;
    reap();
}

Clock::time_point Session::next_event() const
{
    auto next = std::min({sweep_at_, give_up_at_});
    if (!status_) next = std::min({next, ending_.due(), measure_at_});
    if (log_.has_news()) next = std::min(next, line_at_);
    if (untold_progress_) next = std::min(next, progress_at_);
    return next;
}

bool Session::over() const
{
    return status_ && (childless_ || Clock::now() >= give_up_at_);
}

hook::Ended Session::summary()
{
    using hook::EndReason;
    rusage all{};
    getrusage(RUSAGE_CHILDREN, &all);
    const auto rss = static_cast<std::uint64_t>(all.ru_maxrss) * 1024;

    family_.look();
    hook::Ended ended{.cpu_ms = family_.usage().cpu_ms,
                      .max_rss_bytes = std::max(most_rss_bytes_, rss)};
    if (WIFSIGNALED(*status_)) {
        ended.signal = WTERMSIG(*status_);
        const bool ours =
            (ended.signal == SIGTERM && sent_term_) || (ended.signal == SIGKILL && sent_kill_);
        ended.reason = ours ? EndReason::killed_by_us : EndReason::signalled;
        if (over_memory_ || cgroup_.ran_out_of_memory()) ended.reason = EndReason::memory_limit;
    } else {
        ended.code = WEXITSTATUS(*status_);
    }
    const bool failed = ended.code != 0 || ended.reason == EndReason::signalled;
    ended.line = log_.last_words(failed);
    return ended;
}

}  // namespace sluice::exec
