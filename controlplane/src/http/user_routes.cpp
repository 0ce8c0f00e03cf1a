#include "user_routes.hpp"

#include <string>

#include "authentication.hpp"
#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

const std::string kAll = "/api/v1/users";

Reply user_reply(int status, const json& user)
{
    return json_reply(status, user)
        .with("ETag", etag(user.at("version").get<std::uint64_t>()))
        .with("Cache-Control", "no-store");
}

}  // namespace

void UserRoutes::mount(Router& router)
{
    mount_own(router);
    const auto one = kAll + "/{id}";
    router.add("POST", kAll, Scope::admin,
               once_only(memory_, [this](const Request& r) { return create(r); }));
    router.add(
        "GET", kAll, Scope::admin, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", one, Scope::admin, [this](const Request& r) { return read(r.param("id")); });
    router.add("PATCH", one, Scope::admin, [this](const Request& r) { return patch(r); });
    router.add("DELETE", one, Scope::admin, [this](const Request& r) { return remove(r); });
}

void UserRoutes::mount_own(Router& router)
{
    router.add("GET", kAll + "/me", Scope::viewer, [this](const Request& r) -> Answer {
        if (r.caller.kind == Caller::Kind::user) return read(r.caller.id);
        return fail(Errc::not_found, "a token is no user");
    });
    router.add("POST", kAll + "/me/password", Scope::viewer, [this](const Request& r) -> Answer {
        auto body = json_body(r);
        if (!body) return tl::unexpected(body.error());
        return users_.change_password(r.caller, *body).map([&] {
            return empty_reply(204).with("Set-Cookie", session_cookie(r, "", 0));
        });
    });
}

Answer UserRoutes::create(const Request& request)
{
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return users_.create(request.caller, *body).map([](const json& user) {
        return user_reply(201, user).with("Location",
                                          kAll + "/" + user.at("id").get<std::string>());
    });
}

Answer UserRoutes::list(const Request& request) const
{
    const auto paging = paging_of(request, {{"q", rules::text(0, 200)}});
    if (!paging) return tl::unexpected(paging.error());
    return users_.list(paging->limit, paging->cursor, paging->filter("q"))
        .map([&](const json& list) {
            return json_reply(200, paging->answered(list)).with("Cache-Control", "no-store");
        });
}

Answer UserRoutes::read(const std::string& id) const
{
    // Never 304: `last_login_at` changes, and the version of the user does not.
    return users_.get(id).map([](const json& user) { return user_reply(200, user); });
}

Answer UserRoutes::patch(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return users_.patch(request.caller, request.param("id"), *body, *match)
        .map([](const json& user) { return user_reply(200, user); });
}

Answer UserRoutes::remove(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    return users_.remove(request.caller, request.param("id"), *match).map([] {
        return empty_reply(204);
    });
}

}  // namespace sluice::control::http
