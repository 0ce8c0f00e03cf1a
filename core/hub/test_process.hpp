#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <cstdlib>

/// Processes for the hub's tests: they end with the test, and are waited for, never slept for.
namespace sluice::hub::test {

/// A counter that processes raise and wait for; made before the fork.
class Signal {
public:
    Signal() : fd_(::eventfd(0, EFD_SEMAPHORE)) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal() { ::close(fd_); }

    void raise(std::uint64_t times = 1) const { (void)!::write(fd_, &times, sizeof(times)); }
    /// False when it was not raised for 20 s: the test has failed then.
    bool wait() const
    {
        pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
        std::uint64_t one = 0;
        return ::poll(&poll, 1, 20'000) == 1 && ::read(fd_, &one, sizeof(one)) == sizeof(one);
    }
    bool raised() const
    {
        pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
        return ::poll(&poll, 1, 0) == 1;
    }

private:
    int fd_;
};

/// For a child that is to be killed.
[[noreturn]] inline bool stay()
{
    for (;;) ::pause();
}

/// A forked child that runs `work` and exits with 0 if that is true. Killed with its parent, or
/// when this goes.
class Child {
public:
    template <class Work>
    explicit Child(const Work& work) : pid_(::fork())
    {
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::_exit(work() ? 0 : 1);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child(Child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
    ~Child() { kill(); }

    pid_t pid() const { return pid_; }

    /// Kill -9, and gone when this returns.
    void kill()
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        (void)wait();
    }
    /// Stopped when this returns.
    void stop() const
    {
        ::kill(pid_, SIGSTOP);
        int status = 0;
        ::waitpid(pid_, &status, WUNTRACED);
    }
    void go_on() const { ::kill(pid_, SIGCONT); }
    /// Whether its work was true.
    bool wait()
    {
        int status = 0;
        const bool ended = pid_ > 0 && ::waitpid(pid_, &status, 0) == pid_;
        pid_ = -1;
        return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    pid_t pid_;
};

}  // namespace sluice::hub::test
