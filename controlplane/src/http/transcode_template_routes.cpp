#include "transcode_template_routes.hpp"

#include <string>

#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

const std::string kAll = "/api/v1/transcode-templates";

Reply answered(int status, const TranscodeTemplates::Shown& form)
{
    auto reply = json_reply(status, form.document).with("ETag", etag(form.version));
    if (status != 201) return reply;
    return std::move(reply).with("Location",
                                 kAll + "/" + form.document.at("name").get<std::string>());
}

}  // namespace

void TranscodeTemplateRoutes::mount(Router& router)
{
    const auto bind = [this](Answer (TranscodeTemplateRoutes::*method)(const Request&)) {
        return [this, method](const Request& request) { return (this->*method)(request); };
    };
    using Routes = TranscodeTemplateRoutes;
    const auto one = kAll + "/{name}";
    router.add("POST", kAll, Scope::operator_, once_only(memory_, bind(&Routes::create)));
    router.add("GET", kAll, Scope::viewer, bind(&Routes::list), kOwnParameters);
    router.add("GET", one, Scope::viewer, bind(&Routes::read));
    router.add("PATCH", one, Scope::operator_, bind(&Routes::patch));
    router.add("PUT", one, Scope::operator_, bind(&Routes::replace));
    router.add("DELETE", one, Scope::operator_, bind(&Routes::remove));
}

Answer TranscodeTemplateRoutes::create(const Request& request)
{
    const auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return templates_.create(request.caller, *body).map([](const auto& made) {
        return answered(201, made);
    });
}

Answer TranscodeTemplateRoutes::list(const Request& request)
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return templates_.list(paging->limit, paging->cursor).map([&](const json& page) {
        return json_reply(200, paging->answered(page));
    });
}

Answer TranscodeTemplateRoutes::read(const Request& request)
{
    const auto form = templates_.get(request.param("name"));
    if (!form) return tl::unexpected(form.error());
    if (none_match_holds(request.header("if-none-match"), form->version)) {
        return empty_reply(304).with("ETag", etag(form->version));
    }
    return answered(200, *form);
}

Answer TranscodeTemplateRoutes::patch(const Request& request)
{
    const auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    const auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return templates_.patch(request.caller, request.param("name"), *body, *match)
        .map([](const auto& form) { return answered(200, form); });
}

Answer TranscodeTemplateRoutes::replace(const Request& request)
{
    const auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    const auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return templates_.replace(request.caller, request.param("name"), *body, *match)
        .map([](const auto& form) { return answered(200, form); });
}

Answer TranscodeTemplateRoutes::remove(const Request& request)
{
    const auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    return templates_.remove(request.caller, request.param("name"), *match).map([] {
        return empty_reply(204);
    });
}

}  // namespace sluice::control::http
