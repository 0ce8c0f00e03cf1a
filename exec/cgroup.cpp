#include "cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace sluice::exec {
namespace {

namespace fs = std::filesystem;

/// A group's files are there from the start, or the kernel has no such limit to give.
bool set(const fs::path& file, const std::string& value)
{
    const int target = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (target < 0) return false;
    const auto size = static_cast<ssize_t>(value.size());
    const bool done = write(target, value.data(), value.size()) == size;
    close(target);
    return done;
}

std::string prefix_of(std::string name)
{
    std::ranges::replace(name, '/', '_');
    return name + ".";
}

/// A process leaves its group a moment after it was reaped.
void remove_when_empty(const fs::path& folder)
{
    constexpr int tries = 20;
    constexpr int wait_ms = 50;
    const int events = open((folder / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < tries && rmdir(folder.c_str()) != 0 && errno == EBUSY; ++i) {
        std::array<char, 256> seen{};
        if (pread(events, seen.data(), seen.size(), 0) < 0) break;
        pollfd changed{events, POLLPRI, 0};
        poll(&changed, 1, wait_ms);
    }
    if (events >= 0) close(events);
}

/// A group with a process in it can't be removed. When its sluice-exec is gone they have no
/// business there.
void remove_left_behind(const fs::path& above, const std::string& prefix)
{
    std::error_code error;
    for (fs::directory_iterator at(above, error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().string();
        if (!name.starts_with(prefix)) continue;
        const auto owner = std::atoi(name.c_str() + prefix.size());
        if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
        set(at->path() / "cgroup.kill", "1");
        remove_when_empty(at->path());
    }
}

}  // namespace

Cgroup::Cgroup(const hook::Spec& spec, const std::string& name)
{
    if (spec.cgroup.empty()) return;
    const auto prefix = prefix_of(name);
    remove_left_behind(spec.cgroup, prefix);
    const auto folder = fs::path(spec.cgroup) / (prefix + std::to_string(getpid()));
    if (mkdir(folder.c_str(), 0755) != 0) return;
    folder_ = folder;
    door_ = open((folder_ / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    if (door_ < 0) return;
    if (spec.memory_bytes > 0) {
        bounds_memory_ = set(folder_ / "memory.max", std::to_string(spec.memory_bytes));
        set(folder_ / "memory.swap.max", "0");
        set(folder_ / "memory.oom.group", "1");
    }
    if (spec.cpu_units > 0) {
        constexpr std::uint64_t period_us = 100'000;
        constexpr std::uint64_t core_units = 1024;
        const auto quota_us =
            std::max<std::uint64_t>(spec.cpu_units * period_us / core_units, 1000);
        set(folder_ / "cpu.max", std::to_string(quota_us) + " " + std::to_string(period_us));
    }
}

Cgroup::~Cgroup()
{
    if (door_ >= 0) close(door_);
    if (!folder_.empty()) remove_when_empty(folder_);
}

bool Cgroup::ran_out_of_memory() const
{
    if (!bounds_memory_) return false;
    std::ifstream events(folder_ / "memory.events");
    std::string name;
    std::uint64_t count = 0;
    while (events >> name >> count) {
        if (name == "oom_kill" && count > 0) return true;
    }
    return false;
}

void Cgroup::kill() const
{
    if (door_ >= 0) set(folder_ / "cgroup.kill", "1");
}

}  // namespace sluice::exec
