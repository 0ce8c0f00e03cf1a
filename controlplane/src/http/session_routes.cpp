#include "session_routes.hpp"

#include <string>

#include "authentication.hpp"
#include "body.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 16 << 10;  ///< of a name and a password

Reply session_reply(int status, const json& session)
{
    return json_reply(status, session).with("Cache-Control", "no-store");
}

/// The session of the caller; Errc::not_found for a token.
Result<std::string> current(const Request& request)
{
    if (!request.caller.session.empty()) return request.caller.session;
    return fail(Errc::not_found, "a token has no session");
}

}  // namespace

void SessionRoutes::mount(Router& router)
{
    const std::string all = "/api/v1/sessions";
    router.add("POST", all, std::nullopt, [this](const Request& r) { return open(r); });
    router.add(
        "GET", all, Scope::viewer, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", all + "/current", Scope::viewer, [this](const Request& r) -> Answer {
        return current(r)
            .and_then([&](const std::string& id) { return sessions_.get(r.caller, id); })
            .map([](const json& session) { return session_reply(200, session); });
    });
    router.add("DELETE", all + "/current", Scope::viewer, [this](const Request& r) -> Answer {
        return current(r).and_then([&](const std::string& id) { return end(r, id); });
    });
    router.add("GET", all + "/{id}", Scope::viewer, [this](const Request& r) -> Answer {
        return sessions_.get(r.caller, r.param("id")).map([](const json& session) {
            return session_reply(200, session);
        });
    });
    router.add("DELETE", all + "/{id}", Scope::viewer,
               [this](const Request& r) { return end(r, r.param("id")); });
}

Answer SessionRoutes::open(const Request& request)
{
    // Another site's page must not sign its visitor in as somebody else.
    if (auto own = refuse_other_origins(request); !own) return tl::unexpected(own.error());
    const std::string address(request.header("x-forwarded-for"));
    // Nobody has shown who he is yet: as little as can be is done for him.
    if (auto admitted = sessions_.admit(address); !admitted) {
        return tl::unexpected(admitted.error());
    }
    if (request.body.size() > kMostBytes) {
        return fail(Errc::too_large, "a name and a password have at most 16 KiB");
    }
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    const std::string agent(request.header("user-agent"));
    return sessions_.open(*body, address, agent).map([&](const Sessions::Opened& opened) {
        return session_reply(201, opened.session)
            .with("Location", "/api/v1/sessions/" + opened.session.at("id").get<std::string>())
            .with("Set-Cookie", session_cookie(request, opened.secret, Sessions::kLongestS));
    });
}

Answer SessionRoutes::list(const Request& request) const
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return sessions_.list(request.caller, paging->limit, paging->cursor).map([&](const json& list) {
        return session_reply(200, paging->answered(list));
    });
}

Answer SessionRoutes::end(const Request& request, const std::string& id)
{
    if (auto done = sessions_.remove(request.caller, id); !done) {
        return tl::unexpected(done.error());
    }
    auto reply = empty_reply(204);
    if (id != request.caller.session) return reply;
    return std::move(reply).with("Set-Cookie", session_cookie(request, "", 0));
}

}  // namespace sluice::control::http
