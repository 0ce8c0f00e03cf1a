#include "webhook_routes.hpp"

#include <charconv>
#include <string>
#include <utility>

#include "../events/delivery_log.hpp"
#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

Reply written(int status, Webhooks::Written&& result)
{
    auto reply = json_reply(status, result.webhook)
                     .with("ETag", etag(result.version))
                     .with("Cache-Control", "no-store");
    if (status == 201) {
        reply.headers.emplace_back(
            "Location", "/api/v1/webhooks/" + result.webhook.at("id").get<std::string>());
    }
    return reply;
}

Result<std::uint64_t> delivery_number(const Request& request)
{
    const auto& text = request.param("number");
    std::uint64_t number = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && at == text.data() + text.size() && number > 0) return number;
    return fail(Errc::not_found, "there is no such delivery, or not any more");
}

}  // namespace

void WebhookRoutes::mount(Router& router)
{
    const auto bind = [this](Answer (WebhookRoutes::*method)(const Request&)) {
        return [this, method](const Request& request) { return (this->*method)(request); };
    };
    const auto once = [&](Answer (WebhookRoutes::*method)(const Request&)) {
        return once_only(memory_, bind(method));
    };
    const std::string all = "/api/v1/webhooks";
    const std::string one = all + "/{id}";
    const auto scope = Scope::admin;
    router.add("POST", all, scope, once(&WebhookRoutes::create));
    router.add("GET", all, scope, bind(&WebhookRoutes::list), kOwnParameters);
    router.add("GET", one, scope, bind(&WebhookRoutes::read));
    router.add("PATCH", one, scope, bind(&WebhookRoutes::patch));
    router.add("PUT", one, scope, bind(&WebhookRoutes::replace));
    router.add("DELETE", one, scope, bind(&WebhookRoutes::remove));
    router.add("POST", one + "/actions/rotate-secret", scope, once(&WebhookRoutes::rotate_secret));
    router.add("POST", one + "/test", scope, once(&WebhookRoutes::test));
    router.add("GET", one + "/deliveries", scope, bind(&WebhookRoutes::deliveries), kOwnParameters);
    router.add("GET", one + "/deliveries/{number}", scope, bind(&WebhookRoutes::delivery));
    router.add("POST", one + "/deliveries/{number}/redeliver", scope,
               once(&WebhookRoutes::redeliver));
}

Answer WebhookRoutes::create(const Request& request)
{
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return webhooks_.create(request.caller, *body).map([](Webhooks::Written&& result) {
        return written(201, std::move(result));
    });
}

Answer WebhookRoutes::list(const Request& request)
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    return webhooks_.list(paging->limit, paging->cursor).map([&](const json& page) {
        return json_reply(200, paging->answered(page));
    });
}

Answer WebhookRoutes::read(const Request& request)
{
    auto webhook = webhooks_.get(request.param("id"));
    if (!webhook) return tl::unexpected(webhook.error());
    if (none_match_holds(request.header("if-none-match"), webhook->version)) {
        return empty_reply(304).with("ETag", etag(webhook->version));
    }
    return written(200, std::move(*webhook));
}

Answer WebhookRoutes::patch(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return webhooks_.patch(request.caller, request.param("id"), *body, *match)
        .map([](Webhooks::Written&& result) { return written(200, std::move(result)); });
}

Answer WebhookRoutes::replace(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return webhooks_.replace(request.caller, request.param("id"), *body, *match)
        .map([](Webhooks::Written&& result) { return written(200, std::move(result)); });
}

Answer WebhookRoutes::remove(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    return webhooks_.remove(request.caller, request.param("id"), *match).map([] {
        return empty_reply(204);
    });
}

Answer WebhookRoutes::rotate_secret(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = optional_json_body(request);
    if (!body) return tl::unexpected(body.error());
    return webhooks_.rotate_secret(request.caller, request.param("id"), *body, *match)
        .map([](Webhooks::Written&& result) { return written(200, std::move(result)); });
}

Answer WebhookRoutes::test(const Request& request)
{
    const auto webhook = webhooks_.get(request.param("id"));
    if (!webhook) return tl::unexpected(webhook.error());
    return deliverer_.test(request.param("id")).map([](const json& outcome) {
        return json_reply(200, outcome);
    });
}

Answer WebhookRoutes::deliveries(const Request& request)
{
    const auto paging = paging_of(request);
    if (!paging) return tl::unexpected(paging.error());
    const auto webhook = webhooks_.get(request.param("id"));
    if (!webhook) return tl::unexpected(webhook.error());
    return events::list_deliveries(store_, request.param("id"), paging->limit, paging->cursor)
        .map([&](const json& page) { return json_reply(200, paging->answered(page)); });
}

Answer WebhookRoutes::delivery(const Request& request)
{
    const auto webhook = webhooks_.get(request.param("id"));
    if (!webhook) return tl::unexpected(webhook.error());
    const auto number = delivery_number(request);
    if (!number) return tl::unexpected(number.error());
    auto record = events::get_delivery(store_, request.param("id"), *number);
    if (!record) return tl::unexpected(record.error());
    const auto body = journal_.text(*number);
    if (!body) return tl::unexpected(body.error());
    (*record)["body"] = *body ? json(**body) : json();
    return json_reply(200, *record);
}

Answer WebhookRoutes::redeliver(const Request& request)
{
    const auto webhook = webhooks_.get(request.param("id"));
    if (!webhook) return tl::unexpected(webhook.error());
    const auto number = delivery_number(request);
    if (!number) return tl::unexpected(number.error());
    const auto record = events::get_delivery(store_, request.param("id"), *number);
    if (!record) return tl::unexpected(record.error());
    return deliverer_.redeliver(request.param("id"), *number).map([](const json& outcome) {
        return json_reply(200, outcome);
    });
}

}  // namespace sluice::control::http
