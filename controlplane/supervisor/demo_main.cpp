#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

#include "back_off.hpp"
#include "child.hpp"
#include "demo.hpp"

// Keeps a test picture with sound on the channel "demo". ffmpeg is started with the signed address
// on its command line, where users of this machine can see it: the signature is good for the minute
// of the start. What ffmpeg prints goes through us, so that no log shows it.

namespace {

using sluice::supervisor::BackOff;
using sluice::supervisor::Child;
using sluice::supervisor::Command;
using sluice::supervisor::DemoChannel;
using Clock = std::chrono::steady_clock;

Command ffmpeg(const std::string& url)
{
    return {{"/usr/bin/ffmpeg",
             "-hide_banner",
             "-nostdin",
             "-nostats",
             "-loglevel",
             "error",
             "-re",
             "-f",
             "lavfi",
             "-i",
             "testsrc2=size=640x360:rate=25",
             "-re",
             "-f",
             "lavfi",
             "-i",
             "sine=frequency=330:beep_factor=4:sample_rate=48000",
             "-c:v",
             "libx264",
             "-preset",
             "veryfast",
             "-tune",
             "zerolatency",
             "-pix_fmt",
             "yuv420p",
             "-b:v",
             "1000k",
             "-maxrate",
             "1000k",
             "-bufsize",
             "1000k",
             "-g",
             "50",
             "-sc_threshold",
             "0",
             "-c:a",
             "aac",
             "-b:a",
             "96k",
             "-ac",
             "2",
             "-f",
             "flv",
             url},
            {"SLUICE_ADMIN_TOKEN", "SLUICE_ADMIN_PASSWORD"}};
}

class Demo {
public:
    Demo(DemoChannel channel, int signals) : channel_(std::move(channel)), signals_(signals) {}

    void run()
    {
        while (!stop_) {
            const auto started = Clock::now();
            push_once();
            const auto lived =
                std::chrono::duration_cast<BackOff::Milliseconds>(Clock::now() - started);
            pause(std::max(back_off_.after(lived), BackOff::Milliseconds{100}));
        }
    }

private:
    void push_once()
    {
        const auto url = channel_.push_url();
        if (!url) return say("not yet: " + url.error().detail);
        said_.clear();
        const auto child = sluice::supervisor::start(ffmpeg(*url));
        if (!child) return say(child.error());
        follow(*child);
    }

    /// Passes on what ffmpeg prints until it ends or we are to stop.
    void follow(const Child& child)
    {
        std::string pending;
        bool open = true;
        while (open && !stop_) {
            std::array<pollfd, 2> waiting{pollfd{child.output, POLLIN, 0},
                                          pollfd{signals_, POLLIN, 0}};
            poll(waiting.data(), waiting.size(), -1);
            take_signals();
            std::array<char, 4096> buffer;
            const auto got = read(child.output, buffer.data(), buffer.size());
            open = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
            if (got > 0) pending.append(buffer.data(), static_cast<std::size_t>(got));
            print_lines(pending);
        }
        if (stop_) kill(child.pid, SIGTERM);
        waitpid(child.pid, nullptr, 0);
        close(child.output);
    }

    /// Only whole lines: half of one could show half of a signature.
    static void print_lines(std::string& pending)
    {
        constexpr std::size_t kMaxLine = 8192;
        for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            std::cout << sluice::supervisor::without_queries(pending.substr(0, end)) << std::endl;
            pending.erase(0, end + 1);
        }
        if (pending.size() > kMaxLine) pending.clear();
    }

    void pause(BackOff::Milliseconds time)
    {
        pollfd waiting{signals_, POLLIN, 0};
        if (!stop_) poll(&waiting, 1, static_cast<int>(time.count()));
        take_signals();
    }

    void take_signals()
    {
        signalfd_siginfo info{};
        while (read(signals_, &info, sizeof info) == sizeof info) stop_ = true;
    }

    /// Once, not at every try.
    void say(const std::string& text)
    {
        if (text == said_) return;
        said_ = text;
        std::cout << text << std::endl;
    }

    DemoChannel channel_;
    int signals_;
    bool stop_ = false;
    BackOff back_off_;
    std::string said_;
};

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app("Keeps a test picture with sound on the channel \"demo\".");
    std::string dir;
    app.add_option("--dir", dir, "the folder of the instance")->required();
    CLI11_PARSE(app, argc, argv);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    Demo(DemoChannel(dir), signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)).run();
    return 0;
}
