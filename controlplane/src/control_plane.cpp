#include "control_plane.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdlib>
#include <random>
#include <utility>

#include "admin_token.hpp"
#include "events/curl_sender.hpp"
#include "http/api.hpp"
#include "log.hpp"
#include "service/timestamp.hpp"
#include "version.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kApplyWait{500};
constexpr std::chrono::seconds kDrain{5};

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

struct Opened {
    std::unique_ptr<store::Store> store;
    std::string admin_token;
};

Result<Opened> open(const fs::path& dir)
{
    if (auto done = take_folder(dir); !done) return tl::unexpected(done.error());
    auto store = store::LmdbStore::open(dir / "control.mdb");
    if (!store) return tl::unexpected(store.error());
    const auto* given = std::getenv("SLUICE_ADMIN_TOKEN");
    auto token = admin_token(dir / "admin-token", given != nullptr ? given : "");
    if (!token) return tl::unexpected(token.error());
    return Opened{std::move(*store), std::move(*token)};
}

events::Bounds bounds_of(const nlohmann::json& settings)
{
    const auto& events = settings.at("events");
    return {events.at("max_count"), events.at("max_days")};
}

bool private_receivers(const nlohmann::json& settings)
{
    return settings.at("webhooks").at("allow_private");
}

/// Of [0, 1).
double random_fraction()
{
    static thread_local std::minstd_rand generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

ControlPlane::ControlPlane(const Options& options, std::unique_ptr<store::Store> store,
                           Journal journal, std::string admin_token)
    : dir_(options.places.dir),
      store_(std::move(store)),
      journal_(std::move(journal)),
      nginx_(dir_ / "run/control.sock"),
      publisher_(*store_, dir_ / "channels", nginx_),
      activation_(options.places, nginx_),
      settings_(*store_, activation_, journal_),
      tokens_(*store_, std::move(admin_token)),
      channels_(*store_, journal_,
                [this] {
                    return publisher_.publish(kApplyWait) == snapshot::Publisher::Applied::applied;
                }),
      live_(nginx_),
      idempotency_(*store_),
      webhooks_(*store_, journal_, [this] { return private_receivers(settings_.get()); }),
      deliverer_(*store_, journal_, webhooks_, std::make_unique<events::CurlSender>([this] {
          return private_receivers(settings_.get());
      }),
                 {.back_off = {.base_ms = options.webhook_delay_ms, .random = random_fraction},
                  .now_ms = now_ms}),
      ring_reader_(*store_, journal_, nginx_, dir_ / "run/control.sock"),
      ring_poster_(*store_, journal_, nginx_),
      retention_(
          *store_, journal_, [this] { return bounds_of(settings_.get()); },
          [] { return UINT64_MAX; }),
      router_([this](const http::Request& r) { return http::authenticate(tokens_, r); }),
      channel_routes_(channels_, live_, idempotency_, [this] { return settings_.get(); }),
      token_routes_(tokens_, idempotency_),
      settings_routes_(settings_),
      system_routes_(*store_, channels_, live_, settings_, publisher_, counters_,
                     deliverer_.facts(), kVersion),
      event_routes_(journal_, channels_),
      webhook_routes_(*store_, journal_, webhooks_, deliverer_, idempotency_)
{
    channel_routes_.mount(router_);
    token_routes_.mount(router_);
    settings_routes_.mount(router_);
    system_routes_.mount(router_);
    event_routes_.mount(router_);
    webhook_routes_.mount(router_);
}

ControlPlane::~ControlPlane() = default;

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(Options options)
{
    options.places.dir = fs::absolute(options.places.dir);
    auto opened = open(options.places.dir);
    if (!opened) return tl::unexpected(opened.error());
    auto journal = Journal::open(*opened->store);
    if (!journal) return tl::unexpected(journal.error());

    std::unique_ptr<ControlPlane> plane(new ControlPlane(
        options, std::move(opened->store), std::move(*journal), std::move(opened->admin_token)));
    if (auto done = plane->serve(options); !done) return tl::unexpected(done.error());
    return plane;
}

Result<void> ControlPlane::serve(const Options& options)
{
    publisher_.reconcile();
    if (auto done = settings_.start(options.flags, options.restarted); !done) return done;
    auto server = http::Server::start(
        {.socket = dir_ / "run/api.sock"},
        [this](http::Request request) {
            return http::serve(router_, counters_, std::move(request));
        },
        counters_);
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);
    ring_reader_.start();
    ring_poster_.start();
    deliverer_.start();
    retention_.start();
    log_message(Level::info,
                std::string("sluice-control ") + kVersion + " serves " + dir_.string());
    if (auto count = channels_.size(); count) {  // also fills the search index
        log(Level::info, {{"msg", "channels in the store"}, {"count", *count}});
    }
    return {};
}

void ControlPlane::tidy()
{
    if (auto done = idempotency_.prune(now_s()); !done) {
        log_message(Level::error, done.error().detail);
    }
}

void ControlPlane::stop()
{
    log_message(Level::info, "ending: waiting for requests in flight");
    server_->stop(kDrain);
    deliverer_.stop();
    ring_reader_.stop();
    ring_poster_.stop();
}

}  // namespace sluice::control
