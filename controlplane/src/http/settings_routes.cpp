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

}  // namespace

void SettingsRoutes::mount(Router& router)
{
    const auto* path = "/api/v1/settings";
    router.add("GET", path, Scope::viewer, [this](const Request&) -> Answer {
        // Never 304: `restart_required` changes, and the version of the settings does not.
        return settings_reply(settings_.get());
    });
    router.add("PATCH", path, Scope::admin, [this](const Request& r) { return patch(r); });
    router.add("PUT", path, Scope::admin, [this](const Request& r) { return replace(r); });
}

Answer SettingsRoutes::patch(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return settings_.patch(request.caller, *body, *match).map(settings_reply);
}

Answer SettingsRoutes::replace(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return settings_.replace(request.caller, *body, *match).map(settings_reply);
}

}  // namespace sluice::control::http
