#include <CLI/CLI.hpp>
#include <cstdio>

#include "entry.hpp"
#include "event_loop.hpp"
#include "hls_load.hpp"

namespace {

using namespace sluice::bench;

const std::map<std::string, HlsMode> kModes{{"low-latency", HlsMode::low_latency},
                                            {"polled", HlsMode::polled},
                                            {"static", HlsMode::static_files}};

int run(int argc, char** argv)
{
    CLI::App app("Watches an HLS stream many times.");
    std::string url;
    double poll_ms = 20;
    std::vector<double> part_ms{200, 200};
    HlsPlan plan;
    app.add_option("--url", url,
                   "http://address:port/path of a multivariant playlist with parts; with "
                   "--mode polled, of a playlist of transport segments; with --mode static, "
                   "of a folder with v.m3u8, v.m4s, a.m3u8 and a.m4s")
        ->required();
    app.add_option("--mode", plan.mode, "low-latency, polled or static")
        ->transform(CLI::CheckedTransformer(kModes));
    app.add_option("--count", plan.measurement.count, "viewers")->check(CLI::Range(1, 100'000));
    app.add_option("--ramp", plan.measurement.joins_per_second, "joins a second")
        ->check(CLI::Range(0.1, 100'000.0));
    app.add_option("--warm-up", plan.measurement.warm_up_s,
                   "seconds between the last join and the window");
    app.add_option("--seconds", plan.measurement.window_s, "length of the window");
    app.add_flag("--delays", plan.delays, "measure delays by the stamps of rtmp_push");
    app.add_option("--await", plan.await_s,
                   "seconds that the stream may take to appear; asked every 5 ms until then");
    app.add_option("--poll", poll_ms, "polled: ms between two looks at the playlist")
        ->check(CLI::Range(1.0, 10'000.0));
    app.add_option("--part", part_ms,
                   "static: ms between two parts of the pictures and, unless there is none, the "
                   "sound")
        ->check(CLI::Range(1.0, 10'000.0))
        ->expected(1, 2);
    CLI11_PARSE(app, argc, argv);

    auto endpoint = parse_endpoint(url);
    if (!endpoint || endpoint->scheme != "http") {
        std::fprintf(stderr, "hls_viewers: --url must be http://address:port/path\n");
        return 2;
    }
    plan.endpoint = std::move(*endpoint);
    plan.poll_us = static_cast<std::int64_t>(poll_ms * 1000);
    plan.part_us.clear();
    for (const auto ms : part_ms) plan.part_us.push_back(static_cast<std::int64_t>(ms * 1000));
    lift_file_limit();
    catch_signals();
    HlsLoad(std::move(plan)).run();
    return 0;
}

}  // namespace

/// HLS viewers, low-latency or not, and what they got.
int main(int argc, char** argv)
{
    return enter("hls_viewers", run, argc, argv);
}
