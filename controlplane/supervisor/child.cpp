#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace sluice::supervisor {
namespace {

namespace fs = std::filesystem;

std::string_view name_of(std::string_view assignment)
{
    return assignment.substr(0, assignment.find('='));
}

std::vector<char*> environment_without(const std::vector<std::string>& hidden)
{
    std::vector<char*> all;
    for (char** own = environ; *own != nullptr; ++own) {
        if (std::ranges::find(hidden, name_of(*own)) == hidden.end()) all.push_back(*own);
    }
    all.push_back(nullptr);
    return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts)
{
    std::vector<char*> all;
    for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

/// In the child, between fork and exec: system calls only.
[[noreturn]] void become(char** argv, char** environment, int output, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);

    const int input = open("/dev/null", O_RDONLY);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);

    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);

    execve(argv[0], argv, environment);
    const char* why = std::strerror(errno);
    if (write(2, why, std::strlen(why)) < 0 || write(2, "\n", 1) < 0) _exit(126);
    _exit(127);
}

/// The parent of a process from /proc/<pid>/stat; the name before it may hold anything, hence the
/// last parenthesis.
std::optional<pid_t> parent_of(const fs::path& process)
{
    std::ifstream in(process / "stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos || text.size() < name_end + 5) return std::nullopt;
    pid_t parent = 0;
    std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
    return parent;
}

std::vector<pid_t> children()
{
    std::vector<pid_t> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const auto name = entry.path().filename().string();
        pid_t pid = 0;
        const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (failed != std::errc() || end != name.data() + name.size()) continue;
        if (parent_of(entry.path()) == getpid()) found.push_back(pid);
    }
    return found;
}

}  // namespace

tl::expected<Child, std::string> start(const Command& command)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return tl::unexpected(std::string(std::strerror(errno)));
    auto argv = pointers(command.argv);
    auto variables = environment_without(command.hidden);

    const auto self = getpid();
    const auto pid = fork();
    if (pid == 0) become(argv.data(), variables.data(), ends[1], self);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return tl::unexpected(std::string("fork: ") + std::strerror(errno));
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Child{pid, ends[0]};
}

void kill_orphans(const std::vector<pid_t>& known)
{
    // Those that are killed may leave children of their own to us.
    for (;;) {
        auto orphans = children();
        std::erase_if(orphans,
                      [&](pid_t pid) { return std::ranges::find(known, pid) != known.end(); });
        if (orphans.empty()) return;
        for (const auto pid : orphans) kill(pid, SIGKILL);
        for (const auto pid : orphans) waitpid(pid, nullptr, 0);
    }
}

void become_subreaper()
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace sluice::supervisor
