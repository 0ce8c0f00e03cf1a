#include <sys/prctl.h>
#include <sys/wait.h>
#include <CLI/CLI.hpp>
#include <cstdio>

#include "entry.hpp"
#include "event_loop.hpp"
#include "floor_server.hpp"
#include "report.hpp"

namespace {

using namespace sluice::bench;

int serve(const FloorPlan& plan)
{
    auto server = FloorServer::make(plan);
    if (!server) {
        std::fprintf(stderr, "flv_floor: %s\n", server.error().c_str());
        return 1;
    }
    server->run();
    return 0;
}

/// The processes share the port; each makes the stream itself. The parent only waits, and they end
/// with it.
int serve_in_processes(const FloorPlan& plan, int processes)
{
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        const auto pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            std::_Exit(serve(plan));
        }
        children.push_back(pid);
    }
    EventLoop idle;
    while (!stop_asked()) idle.wait(INT64_MAX / 2);
    for (const auto pid : children) kill(pid, SIGTERM);
    for (const auto pid : children) waitpid(pid, nullptr, 0);
    return 0;
}

int run(int argc, char** argv)
{
    CLI::App app("Serves one synthetic stream as HTTP-FLV with the least possible work.");
    FloorPlan plan;
    double batch_ms = 0;
    int processes = 1;
    std::uint32_t video_kbit = 2000;
    app.add_option("--port", plan.port, "port on 127.0.0.1")->required();
    app.add_option("--batch", batch_ms, "ms of tags in one write; 0: each tag at once")
        ->check(CLI::Range(0.0, 1000.0));
    app.add_option("--cohorts", plan.cohorts, "groups of viewers served in turn")
        ->check(CLI::Range(1, 100));
    app.add_option("--processes", processes, "processes that share the port")
        ->check(CLI::Range(1, 64));
    app.add_option("--bitrate", video_kbit, "kbit/s of video")->check(CLI::Range(10, 100'000));
    app.add_option("--fps", plan.shape.fps, "video frames a second")->check(CLI::Range(1, 240));
    app.add_option("--gop", plan.shape.gop_seconds, "seconds between key frames")
        ->check(CLI::Range(1, 20));
    CLI11_PARSE(app, argc, argv);

    plan.batch_us = static_cast<std::int64_t>(batch_ms * 1000);
    plan.shape.video_bits_per_second = video_kbit * 1000;
    lift_file_limit();
    catch_signals();
    return processes == 1 ? serve(plan) : serve_in_processes(plan, processes);
}

}  // namespace

/// The bare epoll server that the others are measured against.
int main(int argc, char** argv)
{
    return enter("flv_floor", run, argc, argv);
}
