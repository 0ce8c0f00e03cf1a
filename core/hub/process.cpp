#include "process.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace sluice::hub {
namespace {

constexpr std::uint64_t kStartMask = (1ull << 42) - 1;
constexpr int kFieldsToStartTime = 19;  // fields 4…22 follow the state, field 3

struct Stat {
    bool known = false;  ///< /proc answered, be it that there is no such process
    char state = 0;      ///< 0: there is none
    std::uint64_t start_time = 0;
};

/// Only these say that the process is gone; others (EMFILE, ENOMEM) say nothing about it.
Stat stat_of_failure()
{
    return {.known = errno == ENOENT || errno == ESRCH};
}

Stat read_stat(pid_t pid)
{
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/stat", static_cast<int>(pid));
    const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return stat_of_failure();
    std::array<char, 1024> text{};
    const ssize_t n = ::read(fd, text.data(), text.size() - 1);
    const auto failure = stat_of_failure();
    ::close(fd);
    if (n <= 0) return n < 0 ? failure : Stat{};

    // The command name (field 2) may hold anything, so count from its last parenthesis.
    const std::string_view stat(text.data(), static_cast<std::size_t>(n));
    const auto paren = stat.rfind(')');
    if (paren == std::string_view::npos || paren + 2 >= stat.size()) return {};
    const char* at = stat.data() + paren + 2;
    Stat result{.known = true, .state = *at};
    for (int i = 0; i < kFieldsToStartTime && at != nullptr; ++i) {
        at = std::strchr(at, ' ');
        if (at != nullptr) ++at;
    }
    if (at == nullptr) return {};
    result.start_time = std::strtoull(at, nullptr, 10);
    return result;
}

ProcessId make_id(pid_t pid, std::uint64_t start_time)
{
    return static_cast<std::uint64_t>(pid) << 42 | (start_time & kStartMask);
}

}  // namespace

ProcessId own_process_id()
{
    const pid_t pid = ::getpid();
    const auto stat = read_stat(pid);
    return stat.state == 0 ? 0 : make_id(pid, stat.start_time);
}

bool is_alive(ProcessId id)
{
    if (id == 0) return false;
    const auto stat = read_stat(pid_of(id));
    if (!stat.known) return true;
    if (stat.state == 0 || stat.state == 'Z' || stat.state == 'X') return false;
    return make_id(pid_of(id), stat.start_time) == id;
}

bool Lives::alive(ProcessId id)
{
    if (id == 0) return false;
    for (std::size_t i = 0; i < count_; ++i) {
        if (known_[i].id == id) return known_[i].alive;
    }
    const bool alive = is_alive(id);
    if (count_ < known_.size()) known_[count_++] = {.id = id, .alive = alive};
    return alive;
}

}  // namespace sluice::hub
