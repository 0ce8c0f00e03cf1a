#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "admin_token.hpp"
#include "http/api.hpp"
#include "http/channel_routes.hpp"
#include "http/server.hpp"
#include "http/settings_routes.hpp"
#include "http/system_routes.hpp"
#include "http/token_routes.hpp"
#include "log.hpp"
#include "nginx/activation.hpp"
#include "nginx/control_socket.hpp"
#include "service/idempotency.hpp"
#include "service/live.hpp"
#include "service/settings.hpp"
#include "service/settings_schema.hpp"
#include "service/timestamp.hpp"
#include "snapshot/publisher.hpp"
#include "store/lmdb_store.hpp"
#include "version.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::milliseconds kApplyWait{500};
constexpr std::chrono::seconds kDrain{5};
constexpr long kPruneEveryS = 3600;

struct Options {
    nginx::Places places{.dir = "/var/lib/sluice",
                         .nginx = "/usr/sbin/nginx",
                         .nginx_modules = "/usr/lib/nginx/modules",
                         .sluice_module = "/usr/lib/nginx/modules/ngx_sluice_module.so",
                         .templates = "/usr/share/sluice/nginx-conf",
                         .web = "/usr/share/sluice/web"};
    std::string store = "lmdb";
    std::string role = "all";
    bool restarted = false;
    json flags = json::object();  ///< settings that the command line states
};

void add_setting(CLI::App& app, Options& options, const std::string& flag,
                 const std::string& setting, int max, const std::string& what)
{
    app.add_option_function<int>(
           flag, [&options, setting](const int& value) { options.flags[setting] = value; }, what)
        ->check(CLI::Range(1, max));
}

void describe(CLI::App& app, Options& options)
{
    auto& places = options.places;
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
    add_setting(app, options, "--http-port", "http_port", 65535, "HTTP port");
    add_setting(app, options, "--https-port", "https_port", 65535, "HTTPS port");
    add_setting(app, options, "--rtmp-port", "rtmp_port", 65535, "RTMP port");
    add_setting(app, options, "--rtmps-port", "rtmps_port", 65535, "RTMPS port");
    add_setting(app, options, "--workers", "workers", kMaxWorkers, "nginx worker processes");
    app.add_option_function<std::string>(
        "--public-host",
        [&options](const std::string& host) { options.flags["public_host"] = host; },
        "host name in the URLs that are handed out");
    app.add_option("--store", options.store, "lmdb")->capture_default_str();
    app.add_option("--role", options.role, "all")->capture_default_str();
    app.add_flag("--restarted", options.restarted,
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

/// Makes the folders of DIR that this process writes to, and holds DIR for itself.
Result<void> take_folder(const fs::path& dir)
{
    std::error_code error;
    for (const auto* name : {"run", "logs", "nginx", "channels"}) {
        fs::create_directories(dir / name, error);
        if (error) {
            return fail(Errc::unavailable,
                        "create " + (dir / name).string() + ": " + error.message());
        }
    }
    ::chmod((dir / "run").c_str(), 0750);
    const auto lock = dir / "run/control.lock";
    // Held until the process ends: closing it would give the folder away.
    const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return fail(Errc::conflict, "another sluice-control uses " + dir.string());
    }
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

void wait_for_end(const sigset_t& signals, Idempotency& idempotency)
{
    const timespec pause{kPruneEveryS, 0};
    do {
        if (auto done = idempotency.prune(now_s()); !done)
            log_message(Level::error, done.error().detail);
    } while (sigtimedwait(&signals, nullptr, &pause) < 0);
}

Result<void> run(Options options)
{
    const auto signals = block_signals();
    const auto dir = fs::absolute(options.places.dir);
    options.places.dir = dir;
    if (auto fine = check_supported(options); !fine) return fine;
    if (auto done = take_folder(dir); !done) return done;

    auto store = store::LmdbStore::open(dir / "control.mdb");
    if (!store) return tl::unexpected(store.error());
    const auto* given = std::getenv("SLUICE_ADMIN_TOKEN");
    auto admin = admin_token(dir / "admin-token", given != nullptr ? given : "");
    if (!admin) return tl::unexpected(admin.error());

    const nginx::ControlSocket nginx(dir / "run/control.sock");
    snapshot::Publisher publisher(**store, dir / "channels", nginx);
    publisher.reconcile();
    nginx::Activation activation(options.places, nginx);
    Settings settings(**store, activation);
    if (auto done = settings.start(options.flags, options.restarted); !done) return done;

    Tokens tokens(**store, *admin);
    Channels channels(**store, [&publisher] {
        return publisher.publish(kApplyWait) == snapshot::Publisher::Applied::applied;
    });
    const Live live(nginx);
    http::RequestCounters counters;
    http::Router router([&](const http::Request& r) { return http::authenticate(tokens, r); });
    Idempotency idempotency(**store);
    http::ChannelRoutes channel_routes(channels, live, idempotency, [&] { return settings.get(); });
    http::TokenRoutes token_routes(tokens, idempotency);
    http::SettingsRoutes settings_routes(settings);
    http::SystemRoutes system_routes(**store, channels, live, settings, publisher, counters,
                                     kVersion);
    channel_routes.mount(router);
    token_routes.mount(router);
    settings_routes.mount(router);
    system_routes.mount(router);

    auto server = http::Server::start(
        {.socket = dir / "run/api.sock"},
        [&](http::Request request) { return http::serve(router, counters, std::move(request)); },
        counters);
    if (!server) return tl::unexpected(server.error());
    log_message(Level::info, std::string("sluice-control ") + kVersion + " serves " + dir.string());
    if (auto count = channels.size(); count) {  // also fills the search index
        log(Level::info, {{"msg", "channels in the store"}, {"count", *count}});
    }
    wait_for_end(signals, idempotency);
    log_message(Level::info, "ending: waiting for requests in flight");
    (*server)->stop(kDrain);
    return {};
}

}  // namespace
}  // namespace sluice::control

int main(int argc, char** argv)
{
    using namespace sluice::control;
    ::umask(0027);
    Options options;
    CLI::App app("The control plane of Sluice: REST API, store, nginx configuration.");
    describe(app, options);
    CLI11_PARSE(app, argc, argv);
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
