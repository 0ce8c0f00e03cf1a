#include "backup_routes.hpp"

#include <string>

#include "body.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

const std::string kAll = "/api/v1/backups";

}  // namespace

void BackupRoutes::mount(Router& router)
{
    const auto one = kAll + "/{id}";
    router.add("POST", kAll, Scope::admin,
               once_only(memory_, [this](const Request& r) { return create(r); }));
    router.add(
        "GET", kAll, Scope::admin, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", one, Scope::admin, [this](const Request& r) -> Answer {
        return backups_.get(r.param("id")).map([](const json& facts) {
            return json_reply(200, facts);
        });
    });
    router.add("DELETE", one, Scope::admin, [this](const Request& r) -> Answer {
        return backups_.remove(r.caller, r.param("id")).map([] { return empty_reply(204); });
    });
    router.add("GET", one + "/file", Scope::admin,
               [this](const Request& r) { return download(r); });
    const auto restore = [this](const Request& r) -> Answer {
        return backups_.restore(r.caller, r.param("id")).map([](const json& done) {
            return json_reply(200, done);
        });
    };
    router.add("POST", one + "/restore", Scope::admin, once_only(memory_, restore));
}

Answer BackupRoutes::create(const Request& request)
{
    auto body = optional_json_body(request);
    if (!body) return tl::unexpected(body.error());
    return backups_.create(request.caller, *body).map([](const json& facts) {
        return json_reply(201, facts)
            .with("Location", kAll + "/" + facts.at("id").get<std::string>());
    });
}

Answer BackupRoutes::list(const Request& request) const
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return backups_.list(paging->limit, paging->cursor).map([&](const json& list) {
        return json_reply(200, paging->answered(list));
    });
}

Answer BackupRoutes::download(const Request& request) const
{
    return backups_.get(request.param("id")).map([](const json& facts) {
        const auto name = facts.at("id").get<std::string>() + ".mdb";
        auto reply = Reply{.content_type = "application/octet-stream"};
        return std::move(reply)
            .with("X-Accel-Redirect", "/-backups/" + name)
            .with("Content-Disposition", "attachment; filename=\"sluice-" + name + "\"")
            .with("Cache-Control", "no-store");
    });
}

}  // namespace sluice::control::http
