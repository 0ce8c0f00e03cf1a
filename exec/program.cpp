#include "program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/channel/hook.hpp"
#include "core/process/pipe.hpp"
#include "core/process/start.hpp"

namespace sluice::exec {
namespace {

using process::Pipe;

constexpr rlim_t kFiles = 1024;
/// Of threads, which RLIMIT_DATA counts whole: an encoder on a large machine has hundreds.
constexpr rlim_t kStackBytes = 2u << 20;
/// Beyond the memory that it may use, what it may reserve.
constexpr rlim_t kReserveBytes = 512u << 20;
/// Before nginx and the control plane, but after what the system itself put up for killing.
constexpr char kOomScore[] = "500";

void limit(__rlimit_resource_t what, rlim_t soft, bool hard)
{
    rlimit now{};
    getrlimit(what, &now);
    now.rlim_cur = std::min(soft, now.rlim_max);
    if (hard) now.rlim_max = now.rlim_cur;
    setrlimit(what, &now);
}

void write_small(const char* path, const char* text)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    // What can't be had is gone without.
    [[maybe_unused]] const auto written = write(file, text, std::strlen(text));
    close(file);
}

void set_limits(const hook::Spec& spec, int cgroup)
{
    [[maybe_unused]] ssize_t joined = 0;
    if (cgroup >= 0) joined = write(cgroup, "0", 1);
    limit(RLIMIT_CORE, 0, true);
    limit(RLIMIT_NOFILE, kFiles, true);
    limit(RLIMIT_STACK, kStackBytes, false);
    if (spec.memory_bytes > 0) limit(RLIMIT_DATA, spec.memory_bytes + kReserveBytes, true);
    if (spec.nice > 0) setpriority(PRIO_PROCESS, 0, spec.nice);
    write_small("/proc/self/oom_score_adj", kOomScore);
    // nginx has none, and a hook's files are nobody else's.
    umask(027);
}

void set_descriptors(const hook::Spec& spec, const Connections& connections)
{
    const int end = channel::kFirstOutput + static_cast<int>(spec.outputs);
    close_range(static_cast<unsigned>(end), ~0u, CLOSE_RANGE_CLOEXEC);
    dup2(connections.log, STDOUT_FILENO);
    dup2(connections.log, STDERR_FILENO);
    if (connections.progress >= 0) dup2(connections.progress, channel::kProgressDescriptor);
    if (connections.events >= 0) dup2(connections.events, channel::kEventsDescriptor);
    for (int output = channel::kFirstOutput; output < end; ++output) fcntl(output, F_SETFD, 0);
}

/// In the child. Returns when the program can't be run.
void become(const hook::Spec& spec, const Connections& connections, char** argv, pid_t parent)
{
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    static char language[] = "LANG=C.UTF-8";
    static char home[] = "HOME=/nonexistent";
    char* environment[] = {path, language, home, nullptr};

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    set_limits(spec, connections.cgroup);
    set_descriptors(spec, connections);
    if (chdir("/") != 0) return;
    process::reset_signals();
    execve(argv[0], argv, environment);
}

}  // namespace

tl::expected<pid_t, std::string> start(const hook::Spec& spec, const Connections& connections)
{
    auto argv = process::pointers(spec.argv);
    Pipe failure;  // closed by a successful exec
    const auto self = getpid();
    const auto pid = fork();
    if (pid < 0) return tl::unexpected(std::string(std::strerror(errno)));
    if (pid == 0) {
        become(spec, connections, argv.data(), self);
        const int why = errno;
        _exit(write(failure.end(Pipe::writing), &why, sizeof why) < 0 ? 126 : 127);
    }
    setpgid(pid, pid);
    failure.close(Pipe::writing);
    int why = 0;
    ssize_t got = 0;
    do {
        got = read(failure.end(Pipe::reading), &why, sizeof why);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof why) return pid;
    waitpid(pid, nullptr, 0);
    return tl::unexpected(std::string(std::strerror(why)));
}

}  // namespace sluice::exec
