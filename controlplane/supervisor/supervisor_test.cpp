#include "supervisor.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "core/channel/temporary_folder.hpp"
#include "run_lock.hpp"

namespace sluice::supervisor {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = kPatience)
{
    for (const auto end = Clock::now() + limit; Clock::now() < end; usleep(5000)) {
        if (condition()) return true;
    }
    return condition();
}

/// A zombie is dead: where the first process collects no orphans it stays one for ever.
bool alive(pid_t pid)
{
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (pid <= 0 || !std::getline(stat, line)) return false;
    const auto state = line.find(") ");
    return state != std::string::npos && line.at(state + 2) != 'Z';
}

/// A supervisor in a process of its own over two shell scripts.
class SupervisorTest : public testing::Test {
protected:
    SupervisorTest()
    {
        fs::create_directories(dir() / "nginx/current");
        folder_.write("nginx/current/nginx.conf", "");
        script("control",
               "echo \"$@\" >>$dir/control.arguments; echo $$ >$dir/control.pid; exec sleep 1000");
        // Like nginx: a master with a worker that outlives it, and a socket that stays in the file
        // system.
        script("nginx-stand-in",
               "echo x >>$dir/starts; : >$dir/run/control.sock; echo 1 >$dir/run/nginx.pid;"
               "setsid sleep 1000 & echo $! >$dir/worker.pid; echo $$ >$dir/master.pid;"
               "trap 'kill $! ; exit 0' QUIT; echo started; while :; do wait; done");
    }
    ~SupervisorTest() override
    {
        if (supervisor_ > 0) {
            kill(supervisor_, SIGKILL);
            waitpid(supervisor_, nullptr, 0);
        }
        if (api_ >= 0) close(api_);
    }

    fs::path dir() const { return folder_.path(); }

    void script(const std::string& name, const std::string& text) const
    {
        folder_.write(name, "#!/bin/sh\ndir=" + dir().string() + "\n" + text + "\n");
        chmod((dir() / name).c_str(), 0755);
    }

    void start()
    {
        supervisor_ = fork();
        if (supervisor_ != 0) return;
        // The lines for people are not for the test's output.
        if (freopen((dir() / "supervisor.log").c_str(), "a", stderr) == nullptr) _exit(99);
        block_signals();
        Options options{
            .dir = dir(), .control = dir() / "control", .nginx = dir() / "nginx-stand-in"};
        _exit(Supervisor(std::move(options)).run());
    }

    /// As sluice-control does when it has rendered the configuration.
    void answer_on_api_socket()
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        (dir() / "run/api.sock").native().copy(address.sun_path, sizeof address.sun_path - 1);
        api_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(bind(api_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(listen(api_, 16), 0);
    }

    pid_t pid_in(const std::string& name) const
    {
        const auto text = folder_.read(name);
        return text.empty() ? 0 : std::stoi(text);
    }

    void start_and_run()
    {
        start();
        ASSERT_TRUE(wait_until([&] { return pid_in("control.pid") != 0; }));
        answer_on_api_socket();
        ASSERT_TRUE(wait_until([&] { return pid_in("master.pid") != 0; }));
    }

    int stop()
    {
        kill(supervisor_, SIGTERM);
        int status = -1;
        EXPECT_TRUE(
            wait_until([&] { return waitpid(supervisor_, &status, WNOHANG) == supervisor_; }));
        supervisor_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    const channel::TemporaryFolder folder_;
    pid_t supervisor_ = -1;
    int api_ = -1;
};

TEST_F(SupervisorTest, NginxStartsOnlyWhenTheControlPlaneAnswers)
{
    start();
    ASSERT_TRUE(wait_until([&] { return pid_in("control.pid") != 0; }));
    EXPECT_EQ(pid_in("master.pid"), 0);

    answer_on_api_socket();

    EXPECT_TRUE(wait_until([&] { return pid_in("master.pid") != 0; }));
    EXPECT_EQ(stop(), 0);
}

TEST_F(SupervisorTest, AKilledMasterIsBackWithoutItsOldWorker)
{
    start_and_run();
    const auto master = pid_in("master.pid");
    const auto worker = pid_in("worker.pid");

    kill(master, SIGKILL);

    EXPECT_TRUE(wait_until(
        [&] { return pid_in("master.pid") != master && pid_in("master.pid") != 0; }, 3s));
    EXPECT_FALSE(alive(worker));
    EXPECT_EQ(stop(), 0);
}

TEST_F(SupervisorTest, AKilledControlPlaneIsStartedAgainAndNginxIsLeftAlone)
{
    start_and_run();
    const auto control = pid_in("control.pid");
    const auto master = pid_in("master.pid");

    kill(control, SIGKILL);

    EXPECT_TRUE(
        wait_until([&] { return pid_in("control.pid") != control && pid_in("control.pid") != 0; }));
    EXPECT_EQ(pid_in("master.pid"), master);
    EXPECT_NE(folder_.read("control.arguments").find("--restarted"), std::string::npos);
    EXPECT_EQ(stop(), 0);
}

TEST_F(SupervisorTest, AControlPlaneThatGivesUpEndsTheStart)
{
    script("control", "echo 'http_port 80: address already in use' >&2; exit 1");
    start();

    int status = 0;
    ASSERT_TRUE(wait_until([&] { return waitpid(supervisor_, &status, WNOHANG) == supervisor_; }));
    supervisor_ = -1;

    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_NE(
        folder_.read("supervisor.log").find("can't start: http_port 80: address already in use"),
        std::string::npos);
    EXPECT_EQ(pid_in("master.pid"), 0);
}

TEST_F(SupervisorTest, WithAControlPlaneThatCrashesNginxStartsOnItsLastConfiguration)
{
    script("control", "kill -9 $$");
    start();

    EXPECT_TRUE(wait_until([&] { return pid_in("master.pid") != 0; }));
    EXPECT_EQ(stop(), 0);
}

TEST_F(SupervisorTest, NginxThatCantStartGoesBackToTheLastConfigurationItCameUpWith)
{
    fs::remove_all(dir() / "nginx/current");
    for (const auto* number : {"1", "2"}) {
        const auto folder = std::string("nginx/gen-00000") + number;
        fs::create_directories(dir() / folder);
        folder_.write(folder + "/nginx.conf", number);
        folder_.write(
            folder + "/about.json",
            std::string("{\"number\":") + number +
                ",\"created_at_s\":1,\"failed\":false,\"reason\":\"\",\"ports\":[1,2,3,4],"
                "\"rtmps_inner\":5,\"hub\":{\"streams\":1,\"rings\":\"\"},\"confirmed\":" +
                (*number == '1' ? "true" : "false") + "}");
    }
    fs::create_symlink("gen-000002", dir() / "nginx/current");
    script("nginx-stand-in",
           "if [ \"$(cat $dir/nginx/current/nginx.conf)\" = 2 ]; then"
           "  echo '2026/01/01 00:00:00 [emerg] 12#12: sluice hub: mmap(9) failed' "
           ">>$dir/logs/error.log;"
           "  exit 1; fi;"
           "echo $$ >$dir/master.pid; exec sleep 1000");
    start();
    ASSERT_TRUE(wait_until([&] { return pid_in("control.pid") != 0; }));
    answer_on_api_socket();

    EXPECT_TRUE(wait_until([&] { return pid_in("master.pid") != 0; }));
    EXPECT_EQ(fs::read_symlink(dir() / "nginx/current"), "gen-000001");
    EXPECT_NE(folder_.read("nginx/gen-000002/about.json").find("sluice hub: mmap(9) failed"),
              std::string::npos);
    EXPECT_EQ(stop(), 0);
}

TEST_F(SupervisorTest, StoppingLeavesNothingBehind)
{
    start_and_run();
    const auto control = pid_in("control.pid");
    const auto master = pid_in("master.pid");
    const auto worker = pid_in("worker.pid");

    EXPECT_EQ(stop(), 0);

    EXPECT_FALSE(alive(control));
    EXPECT_FALSE(alive(master));
    EXPECT_FALSE(alive(worker));
    EXPECT_FALSE(fs::exists(dir() / "run/control.sock"));
}

TEST_F(SupervisorTest, WhenItIsKilledItsChildrenEndToo)
{
    start_and_run();
    const auto control = pid_in("control.pid");

    kill(supervisor_, SIGKILL);
    waitpid(supervisor_, nullptr, 0);
    supervisor_ = -1;

    EXPECT_TRUE(wait_until([&] { return !alive(control); }));
    kill(pid_in("master.pid"), SIGKILL);  // the shell waits for its own children first
    kill(pid_in("worker.pid"), SIGKILL);
}

TEST_F(SupervisorTest, WhatChildrenPrintIsInTheirLogs)
{
    start_and_run();

    EXPECT_TRUE(wait_until([&] { return folder_.read("logs/nginx.log") == "started\n"; }));
    EXPECT_EQ(stop(), 0);
}

TEST(RunLock, ASecondOneIsToldWhoHoldsIt)
{
    const channel::TemporaryFolder folder;
    const auto file = folder.path() / "supervisor.pid";
    const auto first = RunLock::take(file);
    ASSERT_TRUE(first);

    const auto second = RunLock::take(file);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(),
              "already running in this folder as process " + std::to_string(getpid()));
}

TEST(RunLock, IsFreeAgainAfterwards)
{
    const channel::TemporaryFolder folder;
    const auto file = folder.path() / "supervisor.pid";
    {
        const auto first = RunLock::take(file);
    }

    EXPECT_EQ(folder.read("supervisor.pid"), "");
    EXPECT_TRUE(RunLock::take(file));
}

}  // namespace
}  // namespace sluice::supervisor
