#include "channel_routes.hpp"

#include <charconv>
#include <utility>

#include "../service/channel_schema.hpp"
#include "../service/channel_urls.hpp"
#include "../service/timestamp.hpp"
#include "body.hpp"
#include "conditional.hpp"
#include "once_only.hpp"
#include "paging.hpp"
#include "public_address.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// What this caller may see of a channel. A viewer does not learn other servers' addresses:
/// relay, pull and callback URLs hold their owners' keys.
json shown(json channel, const Caller& caller)
{
    auto out = without_secrets(channel_rule(), std::move(channel));
    if (caller.scope == Scope::viewer) {
        out.erase("relays");
        out["ingest"].erase("pull");
        out["ingest"].erase("authorise_url");
        out["playback"].erase("authorise_url");
    }
    return out;
}

/// The same for JSON text without secrets.
std::string shown_text(std::string text, const Caller& caller)
{
    if (caller.scope != Scope::viewer) return text;
    return shown(json::parse(text), caller).dump();
}

/// Where somebody pushes from, or is pushed to, is nothing for those who may only look.
void hide_addresses(json& status)
{
    auto& publisher = status["publisher"];
    if (publisher.is_object()) publisher.erase("address");
    for (auto& hook : status["hooks"]) {
        hook.erase("target");
        hook.erase("last_line");
    }
}

Reply written(int status, Channels::Written&& result, const Caller& caller)
{
    const auto version = result.channel.at("version").get<std::uint64_t>();
    const auto id = result.channel.at("id").get<std::string>();
    auto body = shown(std::move(result.channel), caller);
    body["applied"] = result.applied ? "applied" : "pending";
    auto reply = json_reply(status, body).with("ETag", etag(version));
    if (status == 201) reply.headers.emplace_back("Location", "/api/v1/channels/" + id);
    if (result.replayed) reply.headers.emplace_back("Idempotency-Replayed", "true");
    return reply;
}

/// `valid_s` bounds how long the signatures are good.
Result<std::int64_t> signed_until(const Request& request)
{
    constexpr std::int64_t kYear = 366 * 86400;
    const auto text = request.parameter("valid_s");
    if (text.empty()) return INT64_MAX;
    std::int64_t seconds = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    if (error == std::errc() && at == end && seconds >= 1 && seconds <= kYear) {
        return now_s() + seconds;
    }
    Findings findings;
    findings.add("valid_s", "must be a whole number of 1 to " + std::to_string(kYear));
    return tl::unexpected(findings.verdict().error());
}

}  // namespace

void ChannelRoutes::mount(Router& router)
{
    const auto bind = [this](Answer (ChannelRoutes::*method)(const Request&)) {
        return [this, method](const Request& request) { return (this->*method)(request); };
    };
    const std::string all = "/api/v1/channels";
    const std::string one = all + "/{id}";
    router.add("POST", all, Scope::operator_, bind(&ChannelRoutes::create));
    router.add("GET", all, Scope::viewer, bind(&ChannelRoutes::list), kOwnParameters);
    router.add("GET", one, Scope::viewer, bind(&ChannelRoutes::read));
    router.add("PATCH", one, Scope::operator_, bind(&ChannelRoutes::patch));
    router.add("PUT", one, Scope::operator_, bind(&ChannelRoutes::replace));
    router.add("DELETE", one, Scope::operator_, bind(&ChannelRoutes::remove));
    router.add("GET", one + "/urls", Scope::viewer, bind(&ChannelRoutes::urls), {{"valid_s"}});
    router.add("GET", one + "/status", Scope::viewer, bind(&ChannelRoutes::status));
    router.add("POST", one + "/actions/kick", Scope::operator_,
               once_only(memory_, bind(&ChannelRoutes::kick)));
    router.add("POST", one + "/actions/rotate-key", Scope::operator_,
               once_only(memory_, bind(&ChannelRoutes::rotate_key)));
}

Answer ChannelRoutes::create(const Request& request)
{
    auto once = once_of(request, request.caller.id);
    if (!once) return tl::unexpected(once.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return channels_.create(request.caller, *body, *once).map([&](Channels::Written&& result) {
        return written(201, std::move(result), request.caller);
    });
}

Answer ChannelRoutes::list(const Request& request)
{
    static const std::vector<Filter> filters{{"q", rules::text(1, 200)},
                                             {"state", rules::choice({"live", "waiting", "idle"})}};
    auto paging = paging_of(request, filters);
    if (!paging) return tl::unexpected(paging.error());
    auto wanted = in_state(paging->filter("state"));
    if (!wanted) return tl::unexpected(wanted.error());
    auto page = channels_.list(paging->limit, paging->cursor, paging->filter("q"), *wanted);
    if (!page) return tl::unexpected(page.error());
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < page->items.size(); ++i) {
        if (i > 0) body += ',';
        body += shown_text(std::move(page->items[i]), request.caller);
    }
    const json next = page->next_cursor ? json(paging->mark + *page->next_cursor) : json();
    body += "],\"next_cursor\":" + next.dump() + "}\n";
    return Reply{.status = 200, .body = std::move(body)};
}

/// Chooses the channels whose stream is in `state` at this moment; all of them when it is empty.
Result<Channels::Wanted> ChannelRoutes::in_state(const std::string& state) const
{
    if (state.empty()) return Channels::Wanted{};
    auto states = live_.states();
    if (!states) return tl::unexpected(states.error());
    return [states = std::move(*states), state](std::string_view id) {
        const auto stream = states.find(id);
        return (stream == states.end() ? "idle" : stream->second) == state;
    };
}

Answer ChannelRoutes::read(const Request& request)
{
    auto channel = channels_.shown(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    if (none_match_holds(request.header("if-none-match"), channel->version)) {
        return empty_reply(304).with("ETag", etag(channel->version));
    }
    auto body = shown_text(std::move(channel->text), request.caller) + "\n";
    return Reply{.status = 200, .body = std::move(body)}.with("ETag", etag(channel->version));
}

Answer ChannelRoutes::patch(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return channels_.patch(request.caller, request.param("id"), *body, *match)
        .map([&](Channels::Written&& result) {
            return written(200, std::move(result), request.caller);
        });
}

Answer ChannelRoutes::replace(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = json_body(request);
    if (!body) return tl::unexpected(body.error());
    return channels_.replace(request.caller, request.param("id"), *body, *match)
        .map([&](Channels::Written&& result) {
            return written(200, std::move(result), request.caller);
        });
}

Answer ChannelRoutes::remove(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    return channels_.remove(request.caller, request.param("id"), *match).map([](bool applied) {
        return empty_reply(204).with("Sluice-Applied", applied ? "applied" : "pending");
    });
}

Answer ChannelRoutes::urls(const Request& request)
{
    auto until = signed_until(request);
    if (!until) return tl::unexpected(until.error());
    auto channel = channels_.get(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    const bool with_push = request.caller.scope >= Scope::operator_;
    // Signed addresses are credentials: no cache may keep them.
    return json_reply(200,
                      channel_urls(*channel, address_of(request, settings_()), with_push, *until))
        .with("Cache-Control", "no-store");
}

Answer ChannelRoutes::status(const Request& request)
{
    auto channel = channels_.get(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    return live_.status(*channel).map([&](json status) {
        status["watermark"] = {{"image", images_.state(channel->at("watermark").at("image"))}};
        status["health"] = health_.breaches(request.param("id"));
        if (request.caller.scope == Scope::viewer) hide_addresses(status);
        return json_reply(200, status);
    });
}

Answer ChannelRoutes::kick(const Request& request)
{
    auto body = optional_json_body(request);
    if (!body) return tl::unexpected(body.error());
    static const Rule rule = rules::object({{"reason", rules::text(0, 200)}});
    Findings findings;
    check(rule, *body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto channel = channels_.get(request.param("id"));
    if (!channel) return tl::unexpected(channel.error());
    const auto& id = request.param("id");
    const auto reason = body->value("reason", "");
    return live_.kick(id, reason)
        .and_then([&] { return channels_.note_kick(request.caller, id, reason); })
        .map([] {
            return json_reply(202, {{"kicked", true}});
        });
}

Answer ChannelRoutes::rotate_key(const Request& request)
{
    auto match = if_match(request.header("if-match"));
    if (!match) return tl::unexpected(match.error());
    auto body = optional_json_body(request);
    if (!body) return tl::unexpected(body.error());
    static const Rule rule = rules::object({{"key", rules::text(1, 256).or_null()}});
    Findings findings;
    check(rule, *body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return channels_
        .rotate_key(request.caller, request.param("id"), body->value("key", json()), *match)
        .map([&](Channels::Written&& result) {
            return written(200, std::move(result), request.caller);
        });
}

}  // namespace sluice::control::http
