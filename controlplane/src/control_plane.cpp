#include "control_plane.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include "admin_token.hpp"
#include "http/api.hpp"
#include "log.hpp"
#include "service/timestamp.hpp"
#include "version.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kApplyWait{500};
constexpr std::chrono::seconds kFirstRetry{1};  ///< of a snapshot that could not be written
constexpr std::chrono::seconds kDrain{5};
/// Callbacks at one time: a question holds a thread until it is answered.
constexpr std::size_t kAuthoriseThreads = 64;
constexpr std::size_t kMaxQuestion = 64u << 10;

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

/// Names this program file: another one may encode channels in another way.
std::string program_identity()
{
    struct stat file {};
    if (::stat("/proc/self/exe", &file) != 0) return {};
    return std::to_string(file.st_size) + "." + std::to_string(file.st_mtim.tv_sec) + "." +
           std::to_string(file.st_mtim.tv_nsec);
}

const char* to_string(nginx::Activation::Outcome outcome)
{
    switch (outcome) {
        case nginx::Activation::Outcome::in_force:
            return "in_force";
        case nginx::Activation::Outcome::refused:
            return "refused";
        case nginx::Activation::Outcome::rolled_back:
            return "rolled_back";
    }
    return "";
}

struct Opened {
    std::unique_ptr<Metrics> metrics;
    std::unique_ptr<store::Store> store;
    std::string admin_token;
};

Result<Opened> open(const fs::path& dir)
{
    if (auto done = take_folder(dir); !done) return tl::unexpected(done.error());
    auto metrics = std::make_unique<Metrics>(dir, kVersion);
    auto store = store::LmdbStore::open(
        dir / "control.mdb", store::LmdbStore::kDefaultMap,
        [&to = *metrics](auto transactions, auto spent) { to.committed(transactions, spent); });
    if (!store) return tl::unexpected(store.error());
    const auto* given = std::getenv("SLUICE_ADMIN_TOKEN");
    auto token = admin_token(dir / "admin-token", given != nullptr ? given : "");
    if (!token) return tl::unexpected(token.error());
    return Opened{std::move(metrics), std::move(*store), std::move(*token)};
}

}  // namespace

ControlPlane::ControlPlane(const nginx::Places& places, std::unique_ptr<Metrics> metrics,
                           std::unique_ptr<store::Store> store, Journal journal,
                           std::string admin_token)
    : dir_(places.dir),
      metrics_(std::move(metrics)),
      store_(std::move(store)),
      journal_(std::move(journal)),
      nginx_(dir_ / "run/control.sock"),
      publisher_(*store_, dir_ / "channels", nginx_,
                 journal_.installation() + "-" + program_identity(), kFirstRetry,
                 [this](bool written, auto spent) { metrics_->snapshot(written, spent); }),
      activation_(places, nginx_, [this](auto how) { metrics_->configured(to_string(how)); }),
      settings_(*store_, activation_, journal_),
      tokens_(*store_, std::move(admin_token)),
      channels_(*store_, journal_,
                [this] {
                    return publisher_.publish(kApplyWait) == snapshot::Publisher::Applied::applied;
                }),
      live_(nginx_),
      health_(*store_, nginx_, [this](const Event& event) { tell(event); }),
      authoriser_(*store_),
      idempotency_(*store_),
      router_([this](const http::Request& r) {
          return http::legacy_caller(r, http::authenticate(tokens_, r), settings_);
      }),
      channel_routes_(channels_, live_, health_, idempotency_, [this] { return settings_.get(); }),
      legacy_routes_(channels_, live_, settings_),
      token_routes_(tokens_, idempotency_),
      settings_routes_(settings_),
      system_routes_(*store_, channels_, live_, settings_, publisher_, authoriser_, *metrics_,
                     kVersion),
      authorise_router_([](const http::Request&) -> Result<Caller> {
          return Caller{};  // the folder of the socket lets in nobody else
      }),
      authorise_routes_(authoriser_)
{
    authorise_routes_.mount(authorise_router_);
    channel_routes_.mount(router_);
    legacy_routes_.mount(router_);
    token_routes_.mount(router_);
    settings_routes_.mount(router_);
    system_routes_.mount(router_);
}

ControlPlane::~ControlPlane()
{
    if (warm_up_.joinable()) warm_up_.join();
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(Options options)
{
    options.places.dir = fs::absolute(options.places.dir);
    auto opened = open(options.places.dir);
    if (!opened) return tl::unexpected(opened.error());
    auto journal = Journal::open(*opened->store);
    if (!journal) return tl::unexpected(journal.error());

    std::unique_ptr<ControlPlane> plane(
        new ControlPlane(options.places, std::move(opened->metrics), std::move(opened->store),
                         std::move(*journal), std::move(opened->admin_token)));
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
            return http::serve(router_, *metrics_, std::move(request));
        },
        *metrics_);
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);
    if (auto done = serve_authorise(); !done) return done;
    log_message(Level::info,
                std::string("sluice-control ") + kVersion + " serves " + dir_.string());
    // Nobody who knows what he wants waits for the search index.
    warm_up_ = std::thread([this] {
        if (auto count = channels_.size(); count) {
            log(Level::info, {{"msg", "channels in the store"}, {"count", *count}});
        }
    });
    return {};
}

Result<void> ControlPlane::serve_authorise()
{
    auto server = http::Server::start(
        {.socket = dir_ / "run/authorise.sock",
         .threads = kAuthoriseThreads,
         .max_request = kMaxQuestion},
        [this](http::Request request) {
            return http::serve(authorise_router_, *metrics_, std::move(request));
        },
        *metrics_);
    if (!server) return tl::unexpected(server.error());
    authorise_server_ = std::move(*server);
    return {};
}

/// Records what we found out ourselves, and shows it to those who listen to nginx's ring.
void ControlPlane::tell(const Event& event) const
{
    if (auto done = journal_.record(event); !done) log_message(Level::error, done.error().detail);
    const nlohmann::json shown{
        {"type", event.type}, {"channel", event.channel}, {"data", event.data}};
    if (auto done = nginx_.post("/-/events", shown); !done)
        log_message(Level::error, "event " + event.type + ": " + done.error().detail);
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
    authoriser_.stop();
    authorise_server_->stop(kDrain);
}

}  // namespace sluice::control
