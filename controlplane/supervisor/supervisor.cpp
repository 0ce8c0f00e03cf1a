#include "supervisor.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>

#include "core/process/family.hpp"

namespace sluice::supervisor {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A control plane that never gets ready must not keep an old configuration from being served.
constexpr auto kConfigureLimit = 10s;
constexpr auto kLookEvery = 20ms;
constexpr auto kRotateEvery = 5s;
constexpr auto kTermLimit = 3s;
constexpr auto kControlLimit = 5s;
constexpr int kTriesBeforeOldConfiguration = 2;

sigset_t waited_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE}) sigaddset(&set, number);
    return set;
}

void say(const std::string& text)
{
    std::array<char, 32> stamp{};
    const auto now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::strftime(stamp.data(), stamp.size(), "%FT%TZ", &utc);
    std::cerr << stamp.data() << " supervisor: " << text << std::endl;
}

Command control_command(const Options& o)
{
    Command command{{o.control.string(), "--dir", o.dir.string(), "--nginx", o.nginx.string()}, {}};
    command.argv.insert(command.argv.end(), o.control_arguments.begin(), o.control_arguments.end());
    return command;
}

/// nginx takes a variable NGINX for inherited sockets, and has no business with secrets.
Command nginx_command(const Options& o)
{
    return {{o.nginx.string(), "-c", (o.dir / "nginx/current/nginx.conf").string(), "-p",
             o.dir.string(), "-e", (o.dir / "logs/error.log").string()},
            {"NGINX", "SLUICE_ADMIN_TOKEN", "SLUICE_ADMIN_PASSWORD"}};
}

}  // namespace

void block_signals()
{
    const auto set = waited_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
}

Supervisor::Supervisor(Options options) : options_(std::move(options)), start_watch_(options_.dir)
{
    const auto logs = options_.dir / "logs";
    control_ = std::make_unique<Service>("sluice-control", control_command(options_),
                                         logs / "control.log");
    nginx_ = std::make_unique<Service>("nginx", nginx_command(options_), logs / "nginx.log");
    services_ = {control_.get(), nginx_.get()};
    if (options_.demo.empty()) return;
    Command demo{{options_.demo.string(), "--dir", options_.dir.string()},
                 {"SLUICE_ADMIN_PASSWORD"}};
    demo_ = std::make_unique<Service>("sluice-demo", std::move(demo), logs / "demo.log");
    services_.push_back(demo_.get());
}

int Supervisor::run()
{
    process::become_subreaper();
    prepare_folder();
    open_signals();
    const auto now = Clock::now();
    configure_until_ = now + kConfigureLimit;
    rotate_at_ = now + kRotateEvery;
    control_->wanted_from(now);

    while (!stop_asked_) {
        start_due(Clock::now());
        wait_for_events(next_event(Clock::now()));
        reap(Clock::now());
        look_for_configuration(Clock::now());
        look_at_start(Clock::now());
        rotate_nginx_logs(Clock::now());
    }
    stop();
    return status_;
}

void Supervisor::prepare_folder()
{
    std::error_code ignored;
    for (const auto* name : {"logs", "nginx", "channels", "run"}) {
        fs::create_directories(options_.dir / name, ignored);
        chmod((options_.dir / name).c_str(), 0750);
    }
    // Of an earlier run that did not end in order.
    for (const auto* name : {"run/api.sock", "run/control.sock", "run/nginx.pid"})
        fs::remove(options_.dir / name, ignored);
}

void Supervisor::open_signals()
{
    const auto set = waited_signals();
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void Supervisor::wait_for_events(Clock::time_point until)
{
    std::vector<pollfd> waiting{{.fd = signals_, .events = POLLIN, .revents = 0}};
    for (const auto* service : services_) {
        waiting.push_back({.fd = service->output(), .events = POLLIN, .revents = 0});
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const auto limit = std::clamp<std::int64_t>(left.count(), 0, 60'000);
    if (poll(waiting.data(), waiting.size(), static_cast<int>(limit)) <= 0) return;
    take_signals();
    for (auto* service : services_) service->read_output();
}

void Supervisor::take_signals()
{
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT) continue;
        hurry_ = stop_asked_;
        stop_asked_ = true;
    }
}

/// Reaps whatever ended: our services, and processes that became ours when their parent died.
void Supervisor::reap(Clock::time_point now)
{
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto service = std::ranges::find(services_, pid, &Service::pid);
        if (service != services_.end()) on_end(**service, status, now);
    }
}

void Supervisor::on_end(Service& service, int status, Clock::time_point now)
{
    const auto pid = service.pid();
    auto text = service.ended(status, now);
    if (phase_ == Phase::stopping) return service.not_wanted();
    say(text + " (process " + std::to_string(pid) + ")");
    if (&service == nginx_.get()) {
        recover_nginx();
        if (const auto done = start_watch_.ended()) say(*done);
    }
    // One that was killed is started again; one that gave up has said why, and would do so again.
    const bool gave_up =
        phase_ == Phase::configuring && &service == control_.get() && WIFEXITED(status);
    if (!gave_up) return;
    say("can't start: " + service.last_line());
    status_ = 1;
    stop_asked_ = true;
}

/// Workers that outlive their master keep its ports, and its sockets stay in the file system.
void Supervisor::recover_nginx()
{
    process::kill_orphans(own_children());
    std::error_code ignored;
    fs::remove(options_.dir / "run/control.sock", ignored);
    fs::remove(options_.dir / "run/nginx.pid", ignored);
}

void Supervisor::start_due(Clock::time_point now)
{
    for (auto* service : services_) {
        if (service->running() || service->due() > now) continue;
        if (service == nginx_.get()) {
            recover_nginx();
            start_watch_.starting(now);
        }
        service->start_now(now);
        if (service->running())
            say(service->name() + " runs as process " + std::to_string(service->pid()));
    }
}

/// sluice-control answers once it has rendered the configuration. When it does not, nginx starts
/// with the last one.
void Supervisor::look_for_configuration(Clock::time_point now)
{
    if (phase_ != Phase::configuring) return;
    const bool late = now >= configure_until_ || control_->ends() >= kTriesBeforeOldConfiguration;
    if (!control_answers() && !(late && has_configuration())) return;
    phase_ = Phase::running;
    control_->add_argument("--restarted");
    nginx_->wanted_from(now);
    if (demo_) demo_->wanted_from(now);
}

bool Supervisor::control_answers() const
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (options_.dir / "run/api.sock").string();
    if (path.size() >= sizeof address.sun_path) return false;
    path.copy(address.sun_path, path.size());
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool answers =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return answers;
}

bool Supervisor::has_configuration() const
{
    std::error_code error;
    return fs::exists(options_.dir / "nginx/current/nginx.conf", error);
}

void Supervisor::look_at_start(Clock::time_point now)
{
    if (!nginx_->running() || now < start_watch_.due() || !start_watch_.look(now)) return;
    say("nginx is not ready in time and is ended");
    nginx_->signal(SIGKILL);
}

/// sluice-control and what it starts print through us; nginx writes its own files and has to be
/// told.
void Supervisor::rotate_nginx_logs(Clock::time_point now)
{
    if (now < rotate_at_) return;
    rotate_at_ = now + kRotateEvery;
    bool moved = false;
    for (const auto* name : {"logs/access.log", "logs/error.log"}) {
        moved |= process::rotate(options_.dir / name, kLogLimit, kLogsKept);
    }
    if (moved) nginx_->signal(SIGUSR1);
}

Clock::time_point Supervisor::next_event(Clock::time_point now) const
{
    auto next = rotate_at_;
    if (nginx_->running()) next = std::min(next, start_watch_.due());
    if (phase_ == Phase::configuring) next = std::min<Clock::time_point>(next, now + kLookEvery);
    for (const auto* service : services_) {
        if (!service->running()) next = std::min(next, service->due());
    }
    return next;
}

/// nginx first: while it finishes requests, it may need the control plane.
void Supervisor::stop()
{
    phase_ = Phase::stopping;
    say("stopping");
    for (auto* service : services_) service->not_wanted();
    if (demo_) end(*demo_, SIGTERM, 2s);
    nginx_->signal(SIGQUIT);
    wait_for_end(*nginx_, Clock::now() + options_.quit_limit);
    end(*nginx_, SIGTERM, kTermLimit);
    end(*control_, SIGTERM, kControlLimit);
    recover_nginx();
    say("stopped");
}

bool Supervisor::wait_for_end(const Service& service, Clock::time_point until)
{
    while (service.running()) {
        const auto now = Clock::now();
        if (now >= until || hurry_) return false;
        wait_for_events(until);
        reap(Clock::now());
    }
    return true;
}

void Supervisor::end(Service& service, int first_signal, std::chrono::milliseconds limit)
{
    service.signal(first_signal);
    if (wait_for_end(service, Clock::now() + limit)) return;
    say(service.name() + " does not end and is killed");
    service.signal(SIGKILL);
    hurry_ = false;
    wait_for_end(service, Clock::now() + 5s);
}

std::vector<pid_t> Supervisor::own_children() const
{
    std::vector<pid_t> known;
    for (const auto* service : services_) {
        if (service->running()) known.push_back(service->pid());
    }
    return known;
}

}  // namespace sluice::supervisor
