#include "activation.hpp"

#include <signal.h>

#include <charconv>
#include <set>
#include <thread>

#include "command.hpp"
#include "error_log.hpp"
#include "file.hpp"
#include "listen_port.hpp"

namespace sluice::control::nginx {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kCheckLimit = 15s;
/// Workers of a large machine need a moment; a master that refuses says so in its log at once.
constexpr auto kConfirmLimit = 8s;
constexpr auto kPollEvery = 10ms;

struct NamedPort {
    const char* field;
    std::uint16_t port;
};

std::vector<NamedPort> ports_of(const Ports& p)
{
    return {{"http_port", p.http},
            {"https_port", p.https},
            {"rtmp_port", p.rtmp},
            {"rtmps_port", p.rtmps}};
}

}  // namespace

Activation::Activation(Places places, const ControlSocket& nginx, Told told)
    : places_(std::move(places)),
      nginx_(nginx),
      generations_(places_.dir / "nginx"),
      told_(std::move(told))
{}

Result<std::uint32_t> Activation::apply(const Configuration& wanted)
{
    const auto before = generations_.current();
    const auto running = master();
    if (before != 0 && generations_.holds(before, wanted, places_) &&
        (!running || confirmed(before, wanted.workers))) {
        if (running) return before;
        if (auto ok = check_ports(wanted); !ok) return tl::unexpected(ok.error());
        return before;
    }

    auto outcome = Outcome::refused;
    auto number = bring_in(wanted, outcome);
    if (told_) told_(outcome);
    return number;
}

/// `outcome` is `refused` before the call: nothing was touched yet.
Result<std::uint32_t> Activation::bring_in(const Configuration& wanted, Outcome& outcome)
{
    if (auto ok = check_ports(wanted); !ok) return tl::unexpected(ok.error());
    auto made = generations_.add(wanted, places_);
    if (!made) return tl::unexpected(made.error());

    auto done = check_syntax(made->number).and_then([&] {
        outcome = Outcome::rolled_back;
        return switch_and_reload(*made, wanted);
    });
    if (done) outcome = Outcome::in_force;
    if (!done) generations_.mark_failed(*made, done.error().detail);
    generations_.prune();
    if (!done) return tl::unexpected(done.error());
    return made->number;
}

bool Activation::keep_last(const Configuration& wanted, const std::string& reason)
{
    const auto before = generations_.current();
    if (before == 0) return false;
    if (auto made = generations_.add(wanted, places_)) {
        generations_.mark_failed_at_start(*made, reason);
    }
    generations_.prune();
    const auto good = generations_.last_confirmed();
    return good == 0 || good == before || generations_.switch_to(good).has_value();
}

std::optional<pid_t> Activation::master() const
{
    const auto text = read_file(places_.dir / "run" / "nginx.pid");
    if (!text) return std::nullopt;
    pid_t pid = 0;
    std::from_chars(text->data(), text->data() + text->size(), pid);
    if (pid <= 1) return std::nullopt;
    // A pid that was given to somebody else since must not get our signals.
    const auto name = read_file("/proc/" + std::to_string(pid) + "/comm");
    if (!name || !name->starts_with("nginx")) return std::nullopt;
    return pid;
}

Result<void> Activation::check_ports(const Configuration& wanted) const
{
    std::set<std::uint16_t> ours;
    if (const auto current = generations_.find(generations_.current()); current && master()) {
        for (const auto& [field, port] : ports_of(current->ports)) ours.insert(port);
    }
    Error error{Errc::conflict, {}, {}};
    for (const auto& [field, port] : ports_of(wanted.ports)) {
        if (ours.contains(port)) continue;
        const auto why = why_not_listen(port, wanted.ipv6);
        if (!why) continue;
        const auto text = std::string(field) + " " + std::to_string(port) + ": " + *why;
        error.detail += (error.detail.empty() ? "" : "; ") + text;
        error.fields.push_back({field, *why});
    }
    if (error.fields.empty()) return {};
    return tl::unexpected(std::move(error));
}

Result<void> Activation::check_syntax(std::uint32_t number) const
{
    const auto conf = generations_.path_of(number) / "nginx.conf";
    const auto outcome = run({places_.nginx.string(), "-t", "-q", "-p", places_.dir.string(), "-c",
                              conf.string(), "-e", "stderr"},
                             kCheckLimit);
    if (!outcome) return tl::unexpected(outcome.error());
    if (outcome->status == 0) return {};
    auto reason = fatal_lines(outcome->output);
    if (reason.empty()) reason = "nginx -t ended with status " + std::to_string(outcome->status);
    return fail(Errc::conflict, std::move(reason));
}

Result<void> Activation::switch_and_reload(const Generation& made, const Configuration& wanted)
{
    const auto before = generations_.current();
    if (auto ok = generations_.switch_to(made.number); !ok) return ok;
    const auto running = master();
    if (!running) return {};

    auto done = reload(*running, made.number, wanted.workers);
    if (done || before == 0) return done;
    if (auto ok = generations_.switch_to(before); !ok) return ok;
    roll_back(before);
    return done;
}

Result<void> Activation::reload(pid_t master, std::uint32_t number, std::uint32_t workers)
{
    const ErrorLogMark before(places_.dir / "logs" / "error.log");
    if (kill(master, SIGHUP) != 0) return {};  // gone: whoever starts it anew takes `current`
    return confirm(number, workers, before);
}

Result<void> Activation::confirm(std::uint32_t number, std::uint32_t workers,
                                 const ErrorLogMark& before)
{
    const auto deadline = Clock::now() + kConfirmLimit;
    while (Clock::now() < deadline) {
        if (confirmed(number, workers)) {
            generations_.mark_confirmed(number);
            return {};
        }
        const auto refusal = before.fatal();
        if (!refusal.empty()) return fail(Errc::conflict, "nginx refused it: " + refusal);
        std::this_thread::sleep_for(kPollEvery);
    }
    return fail(Errc::conflict, "nginx's workers did not confirm the new configuration in time");
}

bool Activation::confirmed(std::uint32_t number, std::uint32_t workers) const
{
    const auto answer = nginx_.get("/-/generation");
    if (!answer || !answer->contains("workers")) return false;
    std::uint32_t serving = 0;
    for (const auto& worker : (*answer)["workers"]) {
        if (worker.value("exiting", false)) continue;
        if (worker.value("config_generation", 0u) != number) return false;
        ++serving;
    }
    return serving >= workers;
}

/// The link points to generation `number` again. Most refusals leave the workers as they were; only
/// when some had changed already does nginx have to be told.
void Activation::roll_back(std::uint32_t number)
{
    const auto running = master();
    if (!running || confirmed(number, 1)) return;
    kill(*running, SIGHUP);
    (void)confirm(number, 1, ErrorLogMark(places_.dir / "logs" / "error.log"));
}

}  // namespace sluice::control::nginx
