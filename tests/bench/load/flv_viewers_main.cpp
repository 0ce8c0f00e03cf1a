#include <CLI/CLI.hpp>
#include <cstdio>

#include "entry.hpp"
#include "event_loop.hpp"
#include "viewer_load.hpp"

/// Watches an HTTP-FLV stream many times and reports as JSON lines what arrived, how late, and what
namespace {

using namespace sluice::bench;

int run(int argc, char** argv)
{
    CLI::App app("Watches an HTTP-FLV stream many times.");
    std::string url;
    ViewPlan plan;
    app.add_option("--url", url,
                   "http(s)://address:port/path; %d becomes the viewer's number modulo --streams")
        ->required();
    app.add_option("--streams", plan.streams, "number of different streams")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--count", plan.measurement.count, "viewers")->check(CLI::Range(1, 100'000));
    app.add_option("--ramp", plan.measurement.joins_per_second, "joins a second")
        ->check(CLI::Range(0.1, 100'000.0));
    app.add_option("--warm-up", plan.measurement.warm_up_s,
                   "seconds between the last join and the window");
    app.add_option("--seconds", plan.measurement.window_s, "length of the window");
    app.add_flag("--http2", plan.http2, "HTTP/2 (with http: by prior knowledge)");
    app.add_option("--slow", plan.slow_count, "how many of the viewers read slowly");
    app.add_option("--slow-bytes", plan.slow_bytes_per_second,
                   "bytes a second that a slow viewer reads");
    app.add_option("--probes", plan.probes_per_second, "short viewers a second in the window");
    app.add_flag("--per-viewer", plan.per_viewer, "report each viewer's delays");
    CLI11_PARSE(app, argc, argv);

    auto endpoint = parse_endpoint(url);
    if (!endpoint || (endpoint->scheme != "http" && endpoint->scheme != "https")) {
        std::fprintf(stderr, "flv_viewers: --url must be http(s)://address:port/path\n");
        return 2;
    }
    if (plan.slow_count > plan.measurement.count) {
        std::fprintf(stderr, "flv_viewers: --slow must not exceed --count\n");
        return 2;
    }
    plan.endpoint = std::move(*endpoint);
    lift_file_limit();
    catch_signals();
    ViewerLoad(std::move(plan)).run();
    return 0;
}

}  // namespace

/// was missing.
int main(int argc, char** argv)
{
    return enter("flv_viewers", run, argc, argv);
}
