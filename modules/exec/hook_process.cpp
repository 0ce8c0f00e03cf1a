#include "hook_process.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "child.hpp"
#include "conf.hpp"

namespace sluice::ngx {
namespace {

constexpr int kNice = 5;  // streams come first
// More than sluice-exec takes in the worst case: it waits for what the kernel can't kill.
constexpr std::int64_t kEndsInMs = 13'000;
constexpr std::int64_t kKilledInMs = 6'000;

hook::Ended could_not_start(int error)
{
    return {.reason = hook::EndReason::could_not_start, .line = std::strerror(error)};
}

std::string log_of(const std::string& channel, const std::string& hook)
{
    const auto folder = view(exec_conf().logs);
    if (folder.empty()) return {};
    return std::string(folder) + '/' + channel + '.' + hook + ".log";
}

hook::Spec spec_of(const HookProcess::Wiring& wiring)
{
    constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;
    const auto& hook = *wiring.hook;
    hook::Spec spec{.parent = ::getpid(),
                    .argv = hook.argv,
                    .outputs = static_cast<std::uint32_t>(hook.outputs.size()),
                    .progress = hook.progress,
                    .events = hook.events,
                    .log = log_of(wiring.channel, hook.name),
                    .nice = kNice,
                    .memory_bytes = hook.memory_mb * kMegabyte,
                    .cpu_units = hook.cpu_units,
                    .cgroup = std::string(view(exec_conf().cgroup)),
                    .secrets = hook.secrets};
    // There is no input whose end could tell it to finish.
    if (wiring.feed == nullptr) spec.grace_ms = 0;
    for (const auto output : wiring.outputs) {
        const auto& argv = hook.outputs.at(output).argv;
        spec.argv.insert(spec.argv.end(), argv.begin(), argv.end());
    }
    return spec;
}

bool send_packet(int fd, const std::string& packet)
{
    return ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(packet.size());
}

}  // namespace

HookProcess::HookProcess(const Wiring& wiring, Listener& listener, const Take& take)
    : listener_(listener), started_ms_(mono_ms())
{
    Child child;
    const int error = start_child({.shim = std::string(view(exec_conf().program)),
                                   .channel = wiring.channel,
                                   .hook = wiring.hook->name,
                                   .fed = wiring.feed != nullptr,
                                   .outputs = wiring.outputs,
                                   .places = wiring.hook->outputs.size()},
                                  child);
    if (error != 0) {
        ended_ = could_not_start(error);
        return;
    }
    shim_ = child.pid;
    for (std::size_t i = 0; i < wiring.outputs.size(); ++i) {
        const auto output = wiring.outputs[i];
        returns_.push_back(std::make_unique<ReturnPipe>(
            child.outputs[i], wiring.feed != nullptr,
            [take, output](const ingest::Message& message, const hook::Moment& moment) {
                take(output, message, moment);
            }));
    }
    if (child.feed >= 0) feeder_ = std::make_unique<Feeder>(child.feed, *wiring.feed, *wiring.hook);
    const bool listens = control_.open(child.control, Descriptor::For::reading, *this);
    if (!listens || !send_packet(control_.fd(), encode(spec_of(wiring)))) {
        lost();
    } else if (feeder_) {
        feeder_->pump();
    }
}

HookProcess::~HookProcess()
{
    kill();
}

void HookProcess::end()
{
    if (feeder_) {
        feeder_->pump();
        feeder_->close();
    }
    if (control_.is_open()) (void)send_packet(control_.fd(), encode(hook::Request::end));
    must_be_gone_in(kEndsInMs);
}

void HookProcess::kill()
{
    if (feeder_) feeder_->close();
    if (control_.is_open()) (void)send_packet(control_.fd(), encode(hook::Request::kill));
    must_be_gone_in(kKilledInMs);
}

void HookProcess::must_be_gone_in(std::int64_t ms)
{
    gone_by_ms_ = std::min(gone_by_ms_, mono_ms() + ms);
}

void HookProcess::insist(std::int64_t now_ms)
{
    if (!control_.is_open() || now_ms < gone_by_ms_) return;
    char nothing = 0;
    // One that is gone has closed its end, and its number may be another's.
    const bool there = ::recv(control_.fd(), &nothing, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    if (there) (void)::kill(shim_, SIGKILL);
    lost();
}

/// Without sluice-exec, which somebody must have killed, nobody else ends what is left.
void HookProcess::lost()
{
    control_.close();
    if (group_ > 1) (void)::kill(-group_, SIGKILL);
    if (!ended_) ended_ = hook::Ended{.reason = hook::EndReason::signalled, .signal = SIGKILL};
}

void HookProcess::ready(Descriptor&)
{
    static std::array<char, hook::kMaxMessage> packet;
    while (control_.is_open()) {
        const auto size = ::recv(control_.fd(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) return lost();
        const auto report = hook::decode_report({packet.data(), static_cast<std::size_t>(size)});
        if (!report) continue;
        if (const auto* started = std::get_if<hook::Started>(&*report)) group_ = started->pid;
        if (const auto* ended = std::get_if<hook::Ended>(&*report)) {
            ended_ = *ended;
            group_ = 0;
            control_.close();
        }
        listener_.reported(*report);
    }
}

}  // namespace sluice::ngx
