#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "core/channel/hook.hpp"
#include "core/hook/messages.hpp"

namespace sluice::ngx {
namespace {

// A key frame fits, and the pipes of a few hundred hooks stay below what the kernel lets a user
// have (fs.pipe-user-pages-soft).
constexpr int kFeedBytes = 256 * 1024;
// The child's ends are taken up here before they are put where it expects them, so that none lies
// in the other's place.
constexpr int kAside = 512;

/// Closes what it was given, unless that is let go of.
class Ends {
public:
    Ends() = default;
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    ~Ends()
    {
        for (const auto fd : fds_) ::close(fd);
    }
    int keep(int fd)
    {
        fds_.push_back(fd);
        return fd;
    }
    void let_go() { fds_.clear(); }

private:
    std::vector<int> fds_;
};

struct Pair {
    int ours = -1;
    int theirs = -1;
};

/// Moves the child's end out of the way; keeps both.
bool take(Pair& pair, Ends& ours, Ends& theirs)
{
    const int aside = ::fcntl(pair.theirs, F_DUPFD_CLOEXEC, kAside);
    const int error = errno;
    ::close(pair.theirs);
    pair.theirs = aside;
    ours.keep(pair.ours);
    if (aside < 0) {
        errno = error;
        return false;
    }
    theirs.keep(aside);
    return ::fcntl(pair.ours, F_SETFL, O_NONBLOCK) == 0;
}

bool make_pipe(bool we_write, Pair& pair, Ends& ours, Ends& theirs)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    pair = we_write ? Pair{.ours = ends[1], .theirs = ends[0]}
                    : Pair{.ours = ends[0], .theirs = ends[1]};
    if (we_write) (void)::fcntl(pair.ours, F_SETPIPE_SZ, kFeedBytes);  // as it is, where it can't
    return take(pair, ours, theirs);
}

bool make_socket(Pair& pair, Ends& ours, Ends& theirs)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
    pair = {.ours = ends[0], .theirs = ends[1]};
    return take(pair, ours, theirs);
}

/// What the child finds when it begins: its descriptors, and no more; default signals.
class Plan {
public:
    Plan()
    {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan()
    {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
    void give_nothing(int as)
    {
        ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0);
    }
    void close_from(int fd) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, fd); }

    int run(const ChildSettings& settings, pid_t& pid) const
    {
        const std::array<const char*, 4> argv{settings.shim.c_str(), settings.channel.c_str(),
                                              settings.hook.c_str(), nullptr};
        const std::array<const char*, 2> environment{"PATH=/usr/local/bin:/usr/bin:/bin", nullptr};
        return ::posix_spawn(&pid, settings.shim.c_str(), &actions_, &attributes_,
                             const_cast<char**>(argv.data()),
                             const_cast<char**>(environment.data()));
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

int start_child(const ChildSettings& settings, Child& child)
{
    Ends ours;
    Ends theirs;
    Plan plan;
    Pair pair;
    Child made;
    for (const int standard : {1, 2}) plan.give_nothing(standard);
    if (settings.fed) {
        if (!make_pipe(true, pair, ours, theirs)) return errno;
        made.feed = pair.ours;
        plan.give(pair.theirs, 0);
    } else {
        plan.give_nothing(0);
    }
    // Otherwise something of nginx's own would be there: not all of it is close-on-exec.
    for (std::size_t i = 0; i < settings.places; ++i)
        plan.give_nothing(channel::kFirstOutput + static_cast<int>(i));
    for (const auto number : settings.outputs) {
        if (!make_pipe(false, pair, ours, theirs)) return errno;
        made.outputs.push_back(pair.ours);
        plan.give(pair.theirs, channel::kFirstOutput + static_cast<int>(number));
    }
    if (!make_socket(pair, ours, theirs)) return errno;
    made.control = pair.ours;
    plan.give(pair.theirs, hook::kControlDescriptor);
    plan.close_from(hook::kControlDescriptor + 1);
    if (const int error = plan.run(settings, made.pid); error != 0) return error;
    ours.let_go();
    child = std::move(made);
    return 0;
}

}  // namespace sluice::ngx
