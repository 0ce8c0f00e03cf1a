#include "token_routes.hpp"

#include <string>

#include "body.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {

using nlohmann::json;

Result<Caller> authenticate(const Tokens& tokens, const Request& request)
{
    constexpr std::string_view kBearer = "bearer ";
    const auto header = request.header("authorization");
    std::string scheme(header.substr(0, kBearer.size()));
    for (auto& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (scheme != kBearer) {
        return fail(Errc::unauthorized, "send a token: Authorization: Bearer <token>");
    }
    auto secret = header.substr(kBearer.size());
    while (secret.starts_with(' ')) secret.remove_prefix(1);
    return tokens.authenticate(secret);
}

void TokenRoutes::mount(Router& router)
{
    const std::string all = "/api/v1/tokens";
    const std::string one = all + "/{id}";
    router.add("POST", all, Scope::admin,
               once_only(memory_, [this](const Request& r) { return create(r); }));
    router.add("GET", all, Scope::admin, [this](const Request& r) { return list(r); });
    router.add("GET", one, Scope::admin, [this](const Request& request) -> Answer {
        return tokens_.get(request.param("id")).map([](const json& token) {
            return json_reply(200, token);
        });
    });
    router.add("DELETE", one, Scope::admin, [this](const Request& request) -> Answer {
        return tokens_.remove(request.caller, request.param("id")).map([] {
            return empty_reply(204);
        });
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
        return json_reply(201, token)
            .with("Location", "/api/v1/tokens/" + token.at("id").get<std::string>())
            .with("Cache-Control", "no-store");
    });
}

Answer TokenRoutes::list(const Request& request)
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return tokens_.list(paging->limit, paging->cursor).map([](const json& list) {
        return json_reply(200, list);
    });
}

}  // namespace sluice::control::http
