#include "configuration.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>

#include "file.hpp"

namespace sluice::control::nginx {
namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;

/// sun_path holds 107 characters; `/run/authorise.sock` takes 19 of them.
constexpr std::size_t kMaxDir = 88;

constexpr std::array kPartials{"rtmp",   "application", "rtmps",   "http",
                               "public", "control",     "forward", "quiet"};

/// nginx has no way to write these inside a quoted parameter of every directive.
bool writable(const fs::path& path)
{
    return std::ranges::none_of(path.native(), [](unsigned char c) {
        return c < 0x20 || c == '"' || c == '\\' || c == '$' || c == ';' || c == '{' || c == '}';
    });
}

Result<void> check(const Places& places)
{
    for (const auto& path :
         {places.dir, places.nginx_modules, places.sluice_module, places.web, places.binaries}) {
        if (!writable(path)) {
            return fail(Errc::invalid, "the path " + path.string() +
                                           " has a character that nginx configuration can't hold");
        }
    }
    if (places.dir.native().size() > kMaxDir) {
        return fail(Errc::invalid,
                    "the path " + places.dir.string() +
                        " is too long for a unix socket inside (88 characters at most)");
    }
    return {};
}

/// A worker that asks for more than the hard limit gets nothing but an alert in the log.
std::uint32_t open_files(const Configuration& wanted)
{
    const std::uint64_t need = 2ull * wanted.worker_connections + 1024;
    rlimit limit{};
    if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return static_cast<std::uint32_t>(need);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(need, limit.rlim_max));
}

void set_numbers(mustache::data& data, const Configuration& wanted, std::uint32_t generation)
{
    const auto number = [&](const char* name, std::uint64_t value) {
        data.set(name, std::to_string(value));
    };
    const auto optional = [&](const char* name, std::uint64_t value) {
        if (value == 0) return data.set(name, mustache::data::type::bool_false);
        data.set(name, std::to_string(value));
    };
    number("generation", generation);
    number("http_port", wanted.ports.http);
    number("https_port", wanted.ports.https);
    number("rtmp_port", wanted.ports.rtmp);
    number("rtmps_port", wanted.ports.rtmps);
    number("rtmps_inner_port", wanted.rtmps_inner);
    number("workers", wanted.workers);
    number("worker_connections", wanted.worker_connections);
    number("open_files", wanted.open_files != 0 ? wanted.open_files : open_files(wanted));
    number("max_body_bytes", wanted.max_body_bytes);
    number("import_max_bytes", wanted.import_max_bytes);
    optional("viewers_per_address", wanted.viewers_per_address);
    optional("hub_streams", wanted.hub.streams);
    number("hook_cpu_units", wanted.hooks.cpu_units);
    number("hook_memory_mb", wanted.hooks.memory_mb);
}

mustache::data values(const Configuration& wanted, const Places& places, std::uint32_t generation,
                      const fs::path& folder)
{
    mustache::data data;
    set_numbers(data, wanted, generation);
    data.set("ipv6", wanted.ipv6);
    data.set("root", geteuid() == 0);
    if (wanted.hub.rings.empty()) {
        data.set("hub_rings", false);
    } else {
        data.set("hub_rings", wanted.hub.rings);
    }
    data.set("dir", places.dir.string());
    data.set("web", places.web.string());
    data.set("binaries", places.binaries.string());
    data.set("stream_module", (places.nginx_modules / "ngx_stream_module.so").string());
    data.set("rtmp_module", (places.nginx_modules / "ngx_rtmp_module.so").string());
    data.set("sluice_module", places.sluice_module.string());
    data.set("certificate", (folder / "certificate.pem").string());
    data.set("private_key", (folder / "private_key.pem").string());
    return data;
}

}  // namespace

Result<std::string> render(const Configuration& wanted, const Places& places,
                           std::uint32_t generation, const fs::path& folder)
{
    if (auto ok = check(places); !ok) return tl::unexpected(ok.error());

    auto data = values(wanted, places, generation, folder);
    for (const auto* name : kPartials) {
        auto text = read_file(places.templates / (std::string(name) + ".mustache"));
        if (!text) return fail(Errc::internal, std::string("no template ") + name + ".mustache");
        data.set(name, mustache::partial([text = std::move(*text)] { return text; }));
    }
    const auto text = read_file(places.templates / "nginx.conf.mustache");
    if (!text) return fail(Errc::internal, "no template nginx.conf.mustache");

    mustache::mustache page(*text);
    page.set_custom_escape([](const std::string& value) { return value; });
    auto out = page.render(data);
    if (!page.is_valid()) return fail(Errc::internal, "nginx template: " + page.error_message());
    return out;
}

}  // namespace sluice::control::nginx
