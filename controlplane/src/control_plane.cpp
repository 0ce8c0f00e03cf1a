#include "control_plane.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdlib>
#include <random>
#include <utility>

#include "admin_token.hpp"
#include "admin_user.hpp"
#include "events/curl_sender.hpp"
#include "ffmpeg/font.hpp"
#include "ffmpeg/hook_json.hpp"
#include "ffmpeg/hooks.hpp"
#include "http/api.hpp"
#include "http/authentication.hpp"
#include "log.hpp"
#include "nginx/command.hpp"
#include "service/channel_schema.hpp"
#include "service/image_file.hpp"
#include "service/resolved_renditions.hpp"
#include "service/timestamp.hpp"
#include "version.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kApplyWait{500};
constexpr std::chrono::seconds kFirstRetry{1};  ///< of a snapshot that could not be written
constexpr std::chrono::seconds kDrain{5};
/// A question that waits for its callback holds none.
constexpr std::size_t kAuthoriseThreads = 4;
constexpr std::size_t kMaxQuestion = 64u << 10;

/// Makes the folders of DIR that this process writes to, and holds DIR for itself.
Result<void> take_folder(const fs::path& dir)
{
    std::error_code error;
    for (const auto* name : {"run", "logs", "logs/hooks", "nginx", "channels"}) {
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

/// What hooks are made for.
ffmpeg::Context machine(const ControlPlane::Options& options, const ffmpeg::Installed& found)
{
    const auto assets = options.places.dir / "assets";
    return {.dir = options.places.dir,
            .ffmpeg = options.ffmpeg,
            .motion = options.places.binaries / "sluice-motion",
            .version = found.version,
            .encoders = found.chosen,
            .fonts = ffmpeg::installed_fonts(),
            .image = [assets](const auto& image) { return image_file(assets, image_name(image)); }};
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

/// A secret of the environment; empty when it is not there. Taken out of it: programs that this
/// one starts have no business with it. To be called before the first thread starts.
std::string take_secret(const char* name)
{
    const auto* given = std::getenv(name);
    const std::string secret = given != nullptr ? given : "";
    ::unsetenv(name);
    return secret;
}

struct Opened {
    std::unique_ptr<Metrics> metrics;
    std::unique_ptr<store::LmdbStore> store;
    std::string admin_token;
    std::string admin_password;
};

Result<Opened> open(const fs::path& dir)
{
    const auto given = take_secret("SLUICE_ADMIN_TOKEN");
    auto password = take_secret("SLUICE_ADMIN_PASSWORD");
    if (auto done = take_folder(dir); !done) return tl::unexpected(done.error());
    auto metrics = std::make_unique<Metrics>(dir, kVersion);
    auto store = store::LmdbStore::open(
        dir / "control.mdb", store::LmdbStore::kDefaultMap, store::released_steps(),
        [&to = *metrics](auto transactions, auto spent) { to.committed(transactions, spent); });
    if (!store) return tl::unexpected(store.error());
    if (auto done = Backups::settle(**store); !done) return tl::unexpected(done.error());
    auto token = admin_token(dir / "admin-token", given);
    if (!token) return tl::unexpected(token.error());
    return Opened{std::move(metrics), std::move(*store), std::move(*token), std::move(password)};
}

/// check_backup() in a process of its own: a damaged file must not take this one with it.
Result<void> check_elsewhere(const fs::path& file)
{
    constexpr std::chrono::minutes limit{2};
    auto outcome = nginx::run({"/proc/self/exe", "--check-store", file.string()}, limit);
    if (!outcome) return tl::unexpected(outcome.error());
    if (outcome->status == 0) return {};
    const bool told = outcome->status == kCheckRefused && !outcome->output.empty();
    return fail(Errc::conflict, told ? outcome->output : "the file is damaged");
}

events::Bounds bounds_of(const nlohmann::json& settings)
{
    const auto& events = settings.at("events");
    return {events.at("max_count"), events.at("max_days")};
}

bool private_callbacks(const nlohmann::json& settings)
{
    return settings.at("authorise").at("allow_private");
}

bool private_receivers(const nlohmann::json& settings)
{
    return settings.at("webhooks").at("allow_private");
}

bool private_images(const nlohmann::json& settings)
{
    return settings.at("watermark").at("allow_private");
}

/// Of [0, 1).
double random_fraction()
{
    static thread_local std::minstd_rand generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

ControlPlane::ControlPlane(const Options& options, std::unique_ptr<Metrics> metrics,
                           std::unique_ptr<store::LmdbStore> store, Journal journal,
                           const std::string& admin_token)
    : dir_(options.places.dir),
      encoders_(ffmpeg::installed(options.ffmpeg, ffmpeg::ask_machine())),
      hooks_(machine(options, encoders_)),
      metrics_(std::move(metrics)),
      store_(std::move(store)),
      journal_(std::move(journal)),
      images_(dir_ / "assets", decode_with(options.ffmpeg)),
      assets_(*store_, images_),
      nginx_(dir_ / "run/control.sock"),
      publisher_(
          *store_, dir_ / "channels", nginx_,
          journal_.installation() + "-" + program_identity() + "-" + ffmpeg::identity(hooks_),
          kFirstRetry, [this](bool written, auto spent) { metrics_->snapshot(written, spent); },
          [this](const auto& channel) { return ffmpeg::hooks(channel, hooks_); }),
      activation_(options.places, nginx_,
                  [this](auto how) { metrics_->configured(to_string(how)); }),
      settings_(*store_, activation_, journal_),
      uses_(*store_),
      tokens_(*store_, uses_, admin_token),
      users_(*store_, passwords_),
      sessions_(*store_, users_, passwords_, uses_, now_s),
      audit_(*store_),
      backups_(*store_, settings_, journal_, dir_ / "backups", check_elsewhere,
               [this] {
                   deliverer_.changed();
                   write_out_images();
                   return publish();
               }),
      channels_(*store_, journal_, [this] { return publish(); }),
      templates_(*store_, journal_, [this] { return publish(); }),
      live_(nginx_),
      health_(*store_, journal_, nginx_),
      fetched_(*store_, journal_, images_,
               {.fetch =
                    [](const auto& url, const auto& known, bool allow_private, const auto& ending) {
                        return fetch_image(url, known, allow_private, ending);
                    },
                .allow_private = [this] { return private_images(settings_.get()); },
                .changed =
                    [this](const auto& channels) {
                        publisher_.renew(channels);
                        publish();
                    }}),
      census_(*store_, dir_ / "backups"),
      authoriser_(*store_,
                  [this](const auto& url, const auto& body, auto limit, auto ending) {
                      return post_callback(url, body, limit, std::move(ending),
                                           private_callbacks(settings_.get()));
                  }),
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
          [this] { return deliverer_.needed_from(); }),
      router_([this](const http::Request& r) {
          return http::legacy_caller(r, http::authenticate(tokens_, sessions_, r), settings_);
      }),
      channel_routes_(channels_, live_, health_, fetched_, idempotency_,
                      [this] { return settings_.get(); }),
      legacy_routes_(channels_, live_, settings_),
      exchange_routes_(*store_, channels_),
      token_routes_(tokens_, idempotency_),
      user_routes_(users_, idempotency_),
      session_routes_(sessions_),
      audit_routes_(audit_),
      backup_routes_(backups_, idempotency_),
      settings_routes_(settings_),
      generation_routes_(settings_, idempotency_),
      system_routes_(*store_, channels_, live_, settings_, publisher_, authoriser_,
                     deliverer_.facts(), census_, *metrics_, kVersion),
      encoder_routes_(encoders_, options.ffmpeg),
      event_routes_(journal_, channels_),
      webhook_routes_(*store_, journal_, webhooks_, deliverer_, idempotency_),
      asset_routes_(assets_, idempotency_),
      template_routes_(templates_, idempotency_),
      authorise_router_([](const http::Request&) -> Result<Caller> {
          return Caller{};  // the folder of the socket lets in nobody else
      }),
      authorise_routes_(authoriser_)
{
    authorise_routes_.mount(authorise_router_);
    channel_routes_.mount(router_);
    legacy_routes_.mount(router_);
    exchange_routes_.mount(router_);
    token_routes_.mount(router_);
    user_routes_.mount(router_);
    session_routes_.mount(router_);
    audit_routes_.mount(router_);
    backup_routes_.mount(router_);
    settings_routes_.mount(router_);
    generation_routes_.mount(router_);
    system_routes_.mount(router_);
    encoder_routes_.mount(router_);
    event_routes_.mount(router_);
    webhook_routes_.mount(router_);
    asset_routes_.mount(router_);
    template_routes_.mount(router_);
}

ControlPlane::~ControlPlane()
{
    if (warm_up_.joinable()) warm_up_.join();
}

Result<nlohmann::ordered_json> ControlPlane::hooks_of(const Options& options,
                                                      const std::string& settings)
{
    const auto given = nlohmann::json::parse(settings, nullptr, false);
    Findings findings;
    check_channel(given, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto channel = complete(channel_rule(), given);
    if (channel.value("id", "").empty()) channel["id"] = "channel";
    const auto resolved =
        with_renditions(std::move(channel), [](const auto&) { return std::nullopt; });
    if (!resolved.missing.empty()) {
        return fail(Errc::invalid, "transcode.renditions names " + resolved.missing.front() +
                                       ", which is not built in");
    }
    return ffmpeg::to_json(
        ffmpeg::hooks(resolved.channel,
                      machine(options, ffmpeg::installed(options.ffmpeg, ffmpeg::ask_machine()))));
}

/// Puts the channels of the store in force; true when nginx has them.
bool ControlPlane::publish()
{
    return publisher_.publish(kApplyWait) == snapshot::Publisher::Applied::applied;
}

/// Before channels that name them are put in force.
void ControlPlane::write_out_images()
{
    if (auto done = assets_.write_out(); !done) log_message(Level::error, done.error().detail);
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(Options options)
{
    options.places.dir = fs::absolute(options.places.dir);
    auto opened = open(options.places.dir);
    if (!opened) return tl::unexpected(opened.error());
    auto journal = Journal::open(*opened->store);
    if (!journal) return tl::unexpected(journal.error());

    std::unique_ptr<ControlPlane> plane(new ControlPlane(options, std::move(opened->metrics),
                                                         std::move(opened->store),
                                                         std::move(*journal), opened->admin_token));
    auto admin = ensure_admin(plane->users_, plane->passwords_, *plane->store_,
                              plane->dir_ / "run/admin-password", opened->admin_password);
    if (!admin) return tl::unexpected(admin.error());
    if (auto done = plane->serve(options); !done) return tl::unexpected(done.error());
    return plane;
}

Result<void> ControlPlane::serve(const Options& options)
{
    write_out_images();
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
    ring_reader_.start();
    ring_poster_.start();
    deliverer_.start();
    retention_.start();
    fetched_.start();
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

void ControlPlane::tidy()
{
    for (const auto& done :
         {idempotency_.prune(now_s()), sessions_.prune(), audit_.prune(now_s())}) {
        if (!done) log_message(Level::error, done.error().detail);
    }
}

void ControlPlane::stop()
{
    log_message(Level::info, "ending: waiting for requests in flight");
    server_->stop(kDrain);
    authoriser_.stop();
    fetched_.stop();
    authorise_server_->stop(kDrain);
    deliverer_.stop();
    ring_reader_.stop();
    ring_poster_.stop();
}

}  // namespace sluice::control
