#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/process/start.hpp"

namespace sluice::supervisor {
namespace {

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

    process::reset_signals();

    execve(argv[0], argv, environment);
    const char* why = std::strerror(errno);
    if (write(2, why, std::strlen(why)) < 0 || write(2, "\n", 1) < 0) _exit(126);
    _exit(127);
}

}  // namespace

tl::expected<Child, std::string> start(const Command& command)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return tl::unexpected(std::string(std::strerror(errno)));
    auto argv = process::pointers(command.argv);
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

}  // namespace sluice::supervisor
