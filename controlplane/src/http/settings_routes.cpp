#include "settings_routes.hpp"

#include "body.hpp"
#include "conditional.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

Reply settings_reply(const json& settings)
{
    auto reply = json_reply(200, settings);
    const auto version = settings.value("version", json());
    if (version.is_number_integer()) {
        reply.headers.emplace_back("ETag", etag(version.get<std::uint64_t>()));
    }
    return reply;
}

/// Settings are one document: `*` asks for nothing, and one version is all that can match.
Result<std::optional<std::uint64_t>> wanted_version(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    if (!*match || (*match)->any) return std::optional<std::uint64_t>{};
    const auto& versions = (*match)->versions;
    // A tag that can't be ours: version 0 never exists, so the answer is 412.
    return std::optional<std::uint64_t>{versions.size() == 1 ? versions.front() : 0};
}

}  // namespace

void SettingsRoutes::mount(Router& router)
{
    const auto* path = "/api/v1/settings";
    router.add("GET", path, Scope::viewer, [this](const Request& r) { return read(r); });
    router.add("PATCH", path, Scope::admin, [this](const Request& r) { return patch(r); });
    router.add("PUT", path, Scope::admin, [this](const Request& r) { return replace(r); });
    router.add(
        "GET", "/api/v1/config/generations", Scope::operator_,
        [this](const Request&) -> Answer { return json_reply(200, settings_.generations()); });
}

Answer SettingsRoutes::read(const Request& request)
{
    const auto settings = settings_.get();
    const auto version = settings.value("version", std::uint64_t{0});
    if (none_match_holds(request.header("if-none-match"), version)) {
        return empty_reply(304).with("ETag", etag(version));
    }
    return settings_reply(settings);
}

Answer SettingsRoutes::patch(const Request& request)
{
    auto version = wanted_version(request);
    if (!version) return tl::unexpected(version.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return settings_.patch(*body, *version).map(settings_reply);
}

Answer SettingsRoutes::replace(const Request& request)
{
    auto version = wanted_version(request);
    if (!version) return tl::unexpected(version.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return settings_.replace(*body, *version).map(settings_reply);
}

}  // namespace sluice::control::http
