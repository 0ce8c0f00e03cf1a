#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/process/start.hpp"

namespace sluice::motion {
namespace {

constexpr int kAside = 512;
constexpr int kNotRun = 127;

/// In the child. Returns when the program can't be run.
void become(char** argv, const std::vector<Given>& given, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    for (const auto& one : given) dup2(one.ours, one.theirs);
    process::reset_signals();
    execv(argv[0], argv);
}

}  // namespace

tl::expected<pid_t, std::string> start_child(const std::vector<std::string>& argv,
                                             const std::vector<Given>& given)
{
    auto pointers = process::pointers(argv);
    // Out of the way of the numbers that the child gets.
    auto aside = given;
    for (auto& one : aside) one.ours = fcntl(one.ours, F_DUPFD_CLOEXEC, kAside);
    const auto self = getpid();
    const auto pid = fork();
    const int error = errno;
    if (pid == 0) {
        become(pointers.data(), aside, self);
        _exit(kNotRun);
    }
    for (const auto& one : aside) close(one.ours);
    if (pid < 0) return tl::unexpected(std::string(std::strerror(error)));
    return pid;
}

std::string ending_of(int status)
{
    if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) == kNotRun) return "could not be run";
    return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace sluice::motion
