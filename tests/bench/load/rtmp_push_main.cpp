#include <CLI/CLI.hpp>
#include <cstdio>

#include "entry.hpp"
#include "event_loop.hpp"
#include "push_load.hpp"

/// Publishes synthetic, stamped streams by RTMP and reports as JSON lines what the server made of
namespace {

using namespace sluice::bench;

int run(int argc, char** argv)
{
    CLI::App app("Publishes synthetic, stamped streams by RTMP.");
    std::string url;
    std::uint32_t video_kbit = 2000;
    std::uint32_t audio_kbit = 128;
    PushPlan plan;
    app.add_option("--url", url,
                   "rtmp://address:port/app/name?arguments; %d becomes the number of the push")
        ->required();
    app.add_option("--bitrate", video_kbit, "kbit/s of video")->check(CLI::Range(10, 100'000));
    app.add_option("--audio", audio_kbit, "kbit/s of audio, 0 for none")->check(CLI::Range(0, 512));
    app.add_option("--fps", plan.shape.fps, "video frames a second")->check(CLI::Range(1, 240));
    app.add_option("--gop", plan.shape.gop_seconds, "seconds between key frames")
        ->check(CLI::Range(1, 60));
    app.add_option("--count", plan.count, "number of streams")->check(CLI::Range(1, 10'000));
    app.add_option("--ramp", plan.starts_per_second, "pushes started a second")
        ->check(CLI::Range(0.1, 10'000.0));
    app.add_option("--seconds", plan.seconds, "how long after the last start; 0: until SIGTERM");
    CLI11_PARSE(app, argc, argv);

    auto endpoint = parse_endpoint(url);
    if (!endpoint || endpoint->scheme != "rtmp" ||
        endpoint->path.find('/', 1) == std::string::npos) {
        std::fprintf(stderr, "rtmp_push: --url must be rtmp://address:port/app/name\n");
        return 2;
    }
    plan.endpoint = std::move(*endpoint);
    plan.shape.video_bits_per_second = video_kbit * 1000;
    plan.shape.audio_bits_per_second = audio_kbit * 1000;
    lift_file_limit();
    catch_signals();
    PushLoad(std::move(plan)).run();
    return 0;
}

}  // namespace

/// it.
int main(int argc, char** argv)
{
    return enter("rtmp_push", run, argc, argv);
}
