#include "legacy_routes.hpp"

#include <array>
#include <utility>

#include "../service/legacy_channel.hpp"
#include "../service/rule.hpp"
#include "../service/timestamp.hpp"
#include "body.hpp"
#include "conditional.hpp"
#include "legacy_list.hpp"
#include "once_only.hpp"
#include "public_address.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// A push key opens a push: for those who may see push addresses elsewhere.
json shown(const json& channel, const Caller& caller)
{
    return legacy_item(channel, caller.scope >= Scope::operator_);
}

LegacyShow shown_to(const Caller& caller)
{
    return [&caller](const json& channel) { return shown(channel, caller); };
}

Reply item_reply(const json& channel, const Caller& caller)
{
    return json_reply(200, shown(channel, caller))
        .with("ETag", etag(channel.at("version").get<std::uint64_t>()))
        .with("Cache-Control", "no-store");
}

Reply written(const Channels::Written& result, const Caller& caller)
{
    return item_reply(result.channel, caller)
        .with("Sluice-Applied", result.applied ? "applied" : "pending");
}

Reply list_reply(std::string body, const std::string& link)
{
    auto reply = Reply{.status = 200, .body = std::move(body)}.with("Cache-Control", "no-store");
    return link.empty() ? reply : std::move(reply).with("Link", link);
}

Reply envelope(const LegacyList& list)
{
    return list_reply("{\"statusCode\":200,\"data\":" + list.items + "}\n", list.link);
}

/// What the older console's table of running streams has beside the item itself.
json online_item(json item, std::int64_t since_ms)
{
    auto since = format_timestamp(since_ms / 1000).substr(0, 16);  // 2026-01-31T08:15
    since[10] = ' ';
    item["startTime"] = since;
    item["UUID"] = item["id"];
    item["Name"] = item["videoname"];
    return item;
}

json hosts(const PublicAddress& address)
{
    return {{"pullDNS", address.host}, {"pushDNS", address.push_host}};
}

struct HostField {
    const char* name;
    const char* setting;
};

constexpr std::array kHostFields{HostField{"pullDNS", "pull_host"},
                                 HostField{"pushDNS", "push_host"}};

/// The settings that a body of /streamdns asks for.
Result<json> host_settings(const json& body)
{
    Findings findings;
    if (!body.is_object()) {
        findings.shape = true;
        findings.add("body", "must be an object");
        return tl::unexpected(findings.verdict().error());
    }
    json change = json::object();
    for (const auto& field : kHostFields) {
        const auto sent = body.find(field.name);
        if (sent == body.end()) continue;
        const bool none = sent->is_null() || *sent == json("");
        change[field.setting] = none ? json() : *sent;
    }
    return change;
}

/// An error of the settings in the older API's names.
Error renamed(const Error& error)
{
    if (error.fields.empty()) return error;
    Findings findings;
    findings.shape = error.code == Errc::malformed;
    for (const auto& wrong : error.fields) {
        auto name = wrong.field;
        for (const auto& field : kHostFields) {
            if (name == field.setting) name = field.name;
        }
        findings.add(name, wrong.message);
    }
    return findings.verdict().error();
}

bool is_legacy(std::string_view path)
{
    for (const std::string_view root : {"/videostream", "/videostreams", "/streamdns"}) {
        if (!path.starts_with(root)) continue;
        if (path.size() == root.size() || path[root.size()] == '/') return true;
    }
    return false;
}

}  // namespace

void LegacyRoutes::mount(Router& router)
{
    const auto bind = [this](Answer (LegacyRoutes::*method)(const Request&)) {
        return [this, method](const Request& request) { return (this->*method)(request); };
    };
    const std::string all = "/videostream";
    const std::string one = all + "/{id}";
    // Clients of then may send what nobody reads, and must go on working.
    router.add("POST", all, Scope::operator_, bind(&LegacyRoutes::create), kOwnParameters);
    router.add("GET", all, Scope::viewer, bind(&LegacyRoutes::list), kOwnParameters);
    router.add("GET", one, Scope::viewer, bind(&LegacyRoutes::read), kOwnParameters);
    router.add("PUT", one, Scope::operator_, bind(&LegacyRoutes::change), kOwnParameters);
    router.add("DELETE", one, Scope::operator_, bind(&LegacyRoutes::remove), kOwnParameters);
    router.add("GET", "/videostreams", Scope::viewer, bind(&LegacyRoutes::streams), kOwnParameters);
    router.add("GET", "/videostreams/online", Scope::viewer, bind(&LegacyRoutes::online),
               kOwnParameters);
    router.add("GET", "/streamdns", Scope::viewer, bind(&LegacyRoutes::read_hosts), kOwnParameters);
    // These are settings: who may not change them elsewhere may not here.
    router.add("POST", "/streamdns", Scope::admin, bind(&LegacyRoutes::write_hosts),
               kOwnParameters);
}

Answer LegacyRoutes::create(const Request& request)
{
    auto once = once_of(request, request.caller.id + "\n/videostream");
    if (!once) return tl::unexpected(once.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    auto result = channels_.create_legacy(request.caller, *body, *once);
    if (!result) return tl::unexpected(result.error());
    if (!result->replayed) return written(*result, request.caller);
    // What is remembered of the first answer holds no secret: `key` is made from one.
    auto channel = channels_.get(result->channel.at("id").get<std::string>());
    if (!channel && channel.error().code == Errc::not_found) {
        return fail(Errc::gone, "the stream that this request made has been deleted since");
    }
    if (!channel) return tl::unexpected(channel.error());
    result->channel = std::move(*channel);
    return written(*result, request.caller).with("Idempotency-Replayed", "true");
}

Answer LegacyRoutes::list(const Request& request)
{
    return legacy_list(request, channels_, shown_to(request.caller)).map([](LegacyList&& list) {
        return list_reply(std::move(list.items) + "\n", list.link);
    });
}

Answer LegacyRoutes::read(const Request& request)
{
    auto channel = channels_.get(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    const auto version = channel->at("version").get<std::uint64_t>();
    if (none_match_holds(request.header("if-none-match"), version)) {
        return empty_reply(304).with("ETag", etag(version));
    }
    return item_reply(*channel, request.caller);
}

Answer LegacyRoutes::change(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return channels_.change_legacy(request.caller, request.param("id"), *body, *match)
        .map([&](const Channels::Written& result) { return written(result, request.caller); });
}

Answer LegacyRoutes::remove(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    return channels_.remove(request.caller, request.param("id"), *match).map([](bool applied) {
        return json_reply(200, "stream deleted")
            .with("Sluice-Applied", applied ? "applied" : "pending");
    });
}

Answer LegacyRoutes::streams(const Request& request)
{
    return legacy_list(request, channels_, shown_to(request.caller)).map(envelope);
}

Answer LegacyRoutes::online(const Request& request)
{
    const auto since = live_.live_since();
    if (!since) return tl::unexpected(since.error());
    const auto show = [&](const json& channel) {
        const auto stream = since->find(channel.at("id").get<std::string>());
        return online_item(shown(channel, request.caller),
                           stream == since->end() ? 0 : stream->second);
    };
    const auto live = [&](std::string_view id) { return since->contains(id); };
    return legacy_list(request, channels_, show, live).map(envelope);
}

Answer LegacyRoutes::read_hosts(const Request& request)
{
    return json_reply(200, hosts(address_of(request, settings_.get())));
}

Answer LegacyRoutes::write_hosts(const Request& request)
{
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return host_settings(*body)
        .and_then([&](const json& change) { return settings_.patch(request.caller, change); })
        .map([&](const json& settings) {
            return json_reply(200, hosts(address_of(request, settings)));
        })
        .map_error(renamed);
}

Result<Caller> legacy_caller(const Request& request, Result<Caller> known, const Settings& settings)
{
    if (!is_legacy(request.path)) return known;
    if (known && known->scope == Scope::admin) return known;
    if (!settings.get().at("legacy_api_open").get<bool>()) return known;
    // A web page anywhere can make a visitor's browser send other types without asking first.
    if (!known && request.method == "POST" && !says_json(request)) {
        return fail(Errc::unauthorized, "without a token, send application/json");
    }
    if (!known) known = Caller{.id = "legacy_api_open", .kind = Caller::Kind::nobody};
    known->scope = Scope::admin;
    return known;
}

}  // namespace sluice::control::http
