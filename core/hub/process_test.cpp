#include "process.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "test_process.hpp"

namespace sluice::hub {
namespace {

using test::Child;

TEST(HubProcess, KnowsItselfAndNobody)
{
    EXPECT_EQ(pid_of(own_process_id()), ::getpid());
    EXPECT_TRUE(is_alive(own_process_id()));
    EXPECT_FALSE(is_alive(0));
}

TEST(HubProcess, ALaterProcessWithTheSamePidIsAnother)
{
    const auto later = own_process_id() + 1;  // the same pid, started one tick later
    EXPECT_EQ(pid_of(later), ::getpid());
    EXPECT_FALSE(is_alive(later));
}

TEST(HubProcess, AZombieIsDead)
{
    const test::Signal known;
    ProcessId id = 0;
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    Child child([&] {
        const auto own = own_process_id();
        return ::write(pipe[1], &own, sizeof(own)) == sizeof(own) && known.wait();
    });
    ASSERT_EQ(::read(pipe[0], &id, sizeof(id)), static_cast<ssize_t>(sizeof(id)));
    EXPECT_TRUE(is_alive(id));
    known.raise();
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(is_alive(id)) << "it has ended and nobody has collected it";
    EXPECT_TRUE(child.wait());
    EXPECT_FALSE(is_alive(id));
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(HubProcess, ACommandNameCanHideNothing)
{
    ASSERT_EQ(::prctl(PR_SET_NAME, ") Z 1 (x"), 0);
    EXPECT_TRUE(is_alive(own_process_id()));
    EXPECT_EQ(pid_of(own_process_id()), ::getpid());
    ::prctl(PR_SET_NAME, "sluice_test");
}

/// What a living process owns must never be taken from it because the asker has no descriptor left.
TEST(HubProcess, WithoutADescriptorToAskWithEverybodyIsAlive)
{
    const auto own = own_process_id();
    Child child([own] {
        const rlimit none{.rlim_cur = 0, .rlim_max = 0};
        return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && is_alive(own) && is_alive(own + 1);
    });
    EXPECT_TRUE(child.wait());
}

TEST(HubProcess, ARoundOfHousekeepingAsksOnce)
{
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    Child child([&] {
        const auto own = own_process_id();
        return ::write(pipe[1], &own, sizeof(own)) == sizeof(own) && test::stay();
    });
    ProcessId id = 0;
    ASSERT_EQ(::read(pipe[0], &id, sizeof(id)), static_cast<ssize_t>(sizeof(id)));
    Lives round;
    EXPECT_TRUE(round.alive(id));
    child.kill();
    EXPECT_TRUE(round.alive(id)) << "the round remembers its answer";
    Lives next;
    EXPECT_FALSE(next.alive(id));
    ::close(pipe[0]);
    ::close(pipe[1]);
}

}  // namespace
}  // namespace sluice::hub
