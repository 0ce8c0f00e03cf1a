#include <malloc.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "control_plane.hpp"
#include "log.hpp"
#include "service/backup_file.hpp"
#include "service/settings_schema.hpp"
#include "version.hpp"

namespace sluice::control {
namespace {

constexpr long kTidyEveryS = 3600;
constexpr long kTrimEveryS = 10;

/// Where this program lies; its companions lie beside it.
std::filesystem::path own_folder()
{
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

struct Options {
    ControlPlane::Options plane{
        .places = {.dir = "/var/lib/sluice",
                   .nginx = "/usr/sbin/nginx",
                   .nginx_modules = "/usr/lib/nginx/modules",
                   .sluice_module = "/usr/lib/nginx/modules/ngx_sluice_module.so",
                   .templates = "/usr/share/sluice/nginx-conf",
                   .web = "/usr/share/sluice/web",
                   .binaries = own_folder()}};
    std::string store = "lmdb";
    std::string role = "all";
    std::string check_store;  ///< do nothing else
    std::string print_hooks;  ///< nor here
};

void add_setting(CLI::App& app, Options& options, const std::string& flag,
                 const std::string& setting, int max, const std::string& what)
{
    app.add_option_function<int>(
           flag,
           [&options, at = nlohmann::json::json_pointer("/" + setting)](const int& value) {
               options.plane.flags[at] = value;
           },
           what)
        ->check(CLI::Range(1, max));
}

void describe(CLI::App& app, Options& options)
{
    auto& places = options.plane.places;
    app.set_version_flag("--version", std::string("sluice-control ") + kVersion);
    app.add_option("--dir", places.dir, "where everything is kept")->capture_default_str();
    app.add_option("--nginx", places.nginx, "the nginx binary")->capture_default_str();
    app.add_option("--nginx-modules", places.nginx_modules, "folder of Debian's nginx modules")
        ->capture_default_str();
    app.add_option("--module", places.sluice_module, "ngx_sluice_module.so")->capture_default_str();
    app.add_option("--templates", places.templates, "folder of nginx.conf.mustache")
        ->capture_default_str();
    app.add_option("--web", places.web, "folder of the console and the player pages")
        ->capture_default_str();
    app.add_option("--binaries", places.binaries, "folder of sluice-exec and sluice-motion")
        ->capture_default_str();
    app.add_option("--ffmpeg", options.plane.ffmpeg, "the ffmpeg binary")->capture_default_str();
    add_setting(app, options, "--http-port", "http_port", 65535, "HTTP port");
    add_setting(app, options, "--https-port", "https_port", 65535, "HTTPS port");
    add_setting(app, options, "--rtmp-port", "rtmp_port", 65535, "RTMP port");
    add_setting(app, options, "--rtmps-port", "rtmps_port", 65535, "RTMPS port");
    for (const std::string kind : {"http", "https", "rtmp", "rtmps"}) {
        add_setting(app, options, "--public-" + kind + "-port", "public_ports/" + kind, 65535,
                    "that port in the URLs that are handed out, where it is mapped");
    }
    add_setting(app, options, "--workers", "workers", kMaxWorkers, "nginx worker processes");
    app.add_option_function<std::string>(
        "--public-host",
        [&options](const std::string& host) { options.plane.flags["public_host"] = host; },
        "host name in the URLs that are handed out");
    // For tests, which can't wait for as long as a receiver deserves.
    app.add_option("--webhook-delay-ms", options.plane.webhook_delay_ms)
        ->check(CLI::Range(1, 60'000))
        ->envname("SLUICE_TEST_WEBHOOK_DELAY_MS")
        ->group("");
    app.add_option("--store", options.store, "lmdb")->capture_default_str();
    app.add_option("--role", options.role, "all")->capture_default_str();
    // For ourselves: group "" keeps it out of the help.
    app.add_option("--check-store", options.check_store)->group("");
    app.add_option("--print-hooks", options.print_hooks,
                   "print the processes that a channel's settings (a JSON file) make, and end");
    app.add_flag("--restarted", options.plane.restarted,
                 "this process replaces one that died: settings changed since win over flags");
}

/// What a later release brings is refused, not ignored.
Result<void> check_supported(const Options& options)
{
    if (options.store.starts_with("etcd://")) {
        return fail(Errc::invalid, "--store etcd://… comes with the fleet: use --store lmdb");
    }
    if (options.store != "lmdb") return fail(Errc::invalid, "--store must be lmdb");
    if (options.role == "origin" || options.role == "edge") {
        return fail(Errc::invalid,
                    "--role " + options.role + " comes with the fleet: use --role all");
    }
    if (options.role != "all") return fail(Errc::invalid, "--role must be all");
    return {};
}

/// SIGTERM and SIGINT, waited for in main(). Must be blocked before the first thread starts.
sigset_t block_signals()
{
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

Result<void> run(Options options)
{
    const auto signals = block_signals();
    if (auto fine = check_supported(options); !fine) return fine;
    auto plane = ControlPlane::start(std::move(options.plane));
    if (!plane) return tl::unexpected(plane.error());
    const timespec pause{kTrimEveryS, 0};
    for (long rounds = 0;; ++rounds) {
        if (rounds % (kTidyEveryS / kTrimEveryS) == 0) (*plane)->tidy();
        if (sigtimedwait(&signals, nullptr, &pause) >= 0) break;
        ::malloc_trim(0);  // what a burst of requests needed goes back to the machine
    }
    (*plane)->stop();
    return {};
}

int check_store(const std::string& file)
{
    const auto fine = check_backup(file);
    if (fine) return 0;
    std::cout << fine.error().detail << std::flush;
    return kCheckRefused;
}

int print_hooks(const Options& options)
{
    std::ifstream file(options.print_hooks);
    const auto printed =
        ControlPlane::hooks_of(options.plane, {std::istreambuf_iterator(file), {}});
    (printed ? std::cout : std::cerr)
        << (printed ? printed->dump(2) : printed.error().detail) << std::endl;
    return printed ? 0 : 1;
}

}  // namespace
}  // namespace sluice::control

int main(int argc, char** argv)
{
    using namespace sluice::control;
    ::umask(0027);
    // Each of the many threads would else get a heap of its own, and keep what it once needed.
    ::mallopt(M_ARENA_MAX, 4);
    Options options;
    CLI::App app("The control plane of Sluice: REST API, store, nginx configuration.");
    describe(app, options);
    CLI11_PARSE(app, argc, argv);
    if (!options.check_store.empty()) return check_store(options.check_store);
    if (!options.print_hooks.empty()) return print_hooks(options);
    const auto done = run(std::move(options));
    if (done) return 0;
    nlohmann::ordered_json line{{"msg", "sluice-control can't start"},
                                {"error", done.error().detail}};
    for (const auto& field : done.error().fields) {
        line["fields"][field.field] = field.message;
    }
    log(Level::error, line);
    return 1;
}
