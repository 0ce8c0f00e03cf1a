#include "command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

extern char** environ;

namespace sluice::control::nginx {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutput = 64u << 10;

/// A child with no input whose output comes through a pipe.
struct Child {
    pid_t pid = -1;
    int output = -1;
};

Result<Child> start(const std::vector<std::string>& argv)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::internal, "no pipe for a child");

    std::vector<char*> args;
    for (const auto& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
    args.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);

    // The server blocks and ignores signals that a child must have back.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    Child child{.output = ends[0]};
    const int error = posix_spawn(&child.pid, args[0], &actions, &attributes, args.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error == 0) return child;
    close(ends[0]);
    return fail(Errc::internal, argv[0] + ": " + std::strerror(error));
}

/// Reads to the end of the output; false when the time is over first.
bool drain(int fd, Clock::time_point deadline, std::string& text)
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;

        std::array<char, 4096> buffer;
        const auto got = read(fd, buffer.data(), buffer.size());
        if (got == 0) return true;
        if (got < 0 && errno != EINTR) return true;
        if (got > 0 && text.size() < kMaxOutput) text.append(buffer.data(), got);
    }
}

int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Outcome> run(const std::vector<std::string>& argv, std::chrono::milliseconds limit)
{
    auto child = start(argv);
    if (!child) return tl::unexpected(child.error());

    Outcome outcome;
    const bool in_time = drain(child->output, Clock::now() + limit, outcome.output);
    if (!in_time) kill(child->pid, SIGKILL);
    close(child->output);
    outcome.status = wait_for(child->pid);
    if (in_time) return outcome;
    return fail(Errc::unavailable,
                argv[0] + " did not end within " + std::to_string(limit.count()) + " ms");
}

}  // namespace sluice::control::nginx
