#include "asset_routes.hpp"

#include <string>
#include <utility>

#include "body.hpp"
#include "once_only.hpp"
#include "paging.hpp"
#include "query.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

const std::string kAll = "/api/v1/assets";

}  // namespace

void AssetRoutes::mount(Router& router)
{
    const auto one = kAll + "/{id}";
    router.add("POST", kAll, Scope::operator_,
               once_only(memory_, [this](const Request& r) { return create(r); }), kOwnParameters);
    router.add(
        "GET", kAll, Scope::viewer, [this](const Request& r) { return list(r); }, kOwnParameters);
    router.add("GET", one, Scope::viewer, [this](const Request& r) -> Answer {
        return assets_.get(r.param("id")).map([](const json& facts) {
            return json_reply(200, facts);
        });
    });
    router.add("GET", one + "/content", Scope::viewer,
               [this](const Request& r) { return content(r); });
    router.add("DELETE", one, Scope::operator_, [this](const Request& r) -> Answer {
        return assets_.remove(r.caller, r.param("id")).map([] { return empty_reply(204); });
    });
}

Answer AssetRoutes::create(const Request& request)
{
    static const std::vector<Field> known{{"name", rules::text(0, 128)}};
    auto query = query_of(request, known);
    if (!query) return tl::unexpected(query.error());
    return assets_
        .create(request.caller, {.name = (*query)["name"],
                                 .media_type = media_type(request.header("content-type")),
                                 .bytes = request.body})
        .map([](const json& facts) {
            return json_reply(201, facts)
                .with("Location", kAll + "/" + facts.at("id").get<std::string>());
        });
}

Answer AssetRoutes::list(const Request& request) const
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return assets_.list(paging->limit, paging->cursor).map([&](const json& list) {
        return json_reply(200, paging->answered(list));
    });
}

/// No page may make anything but a picture of it.
Answer AssetRoutes::content(const Request& request) const
{
    return assets_.content(request.param("id")).map([](Assets::Content&& content) {
        return Reply{.status = 200,
                     .body = std::move(content.bytes),
                     .content_type = std::move(content.media_type)}
            .with("X-Content-Type-Options", "nosniff")
            .with("Content-Security-Policy", "default-src 'none'; sandbox")
            .with("Cache-Control", "private, max-age=3600");
    });
}

}  // namespace sluice::control::http
