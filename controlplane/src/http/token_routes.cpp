#include "token_routes.hpp"

#include <string>

#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {

using nlohmann::json;

namespace {

Reply token_reply(int status, const json& token)
{
    return json_reply(status, token)
        .with("ETag", etag(token.at("version").get<std::uint64_t>()))
        .with("Cache-Control", "no-store");
}

}  // namespace

void TokenRoutes::mount(Router& router)
{
    const std::string all = "/api/v1/tokens";
    const std::string one = all + "/{id}";
    router.add("POST", all, Scope::admin,
               once_only(memory_, [this](const Request& r) { return create(r); }));
    router.add(
        "GET", all, Scope::admin, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", one, Scope::admin, [this](const Request& request) -> Answer {
        return tokens_.get(request.param("id")).map([](const json& token) {
            return token_reply(200, token);
        });
    });
    router.add("PATCH", one, Scope::admin, [this](const Request& r) { return patch(r); });
    router.add("DELETE", one, Scope::admin, [this](const Request& request) -> Answer {
        return if_match(request.header("if-match"))
            .and_then([&](const std::optional<IfMatch>& match) {
                return tokens_.remove(request.caller, request.param("id"), match);
            })
            .map([] { return empty_reply(204); });
    });
    router.add("GET", "/api/v1/auth", Scope::viewer, [](const Request& request) -> Answer {
        return empty_reply(204).with("Sluice-Scope", std::string(to_string(request.caller.scope)));
    });
}

Answer TokenRoutes::create(const Request& request)
{
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return tokens_.create(request.caller, *body).map([](const json& token) {
        return token_reply(201, token)
            .with("Location", "/api/v1/tokens/" + token.at("id").get<std::string>());
    });
}

Answer TokenRoutes::list(const Request& request)
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return tokens_.list(paging->limit, paging->cursor).map([&](const json& list) {
        return json_reply(200, paging->answered(list));
    });
}

Answer TokenRoutes::patch(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return tokens_.patch(request.caller, request.param("id"), *body, *match)
        .map([](const json& token) { return token_reply(200, token); });
}

}  // namespace sluice::control::http
