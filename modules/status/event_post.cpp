#include "event_post.hpp"

#include <string_view>

#include "modules/hub/worker.hpp"
#include "reply.hpp"

namespace sluice::ngx {
namespace {

/// Why an event was not taken; `status` 0: it was.
struct Verdict {
    ngx_uint_t status = 0;
    std::string_view reason;
};

/// Types become lines of the event stream: words of lower-case letters, digits and underscores,
/// with dots between.
bool is_event_type(const Json& type)
{
    if (!type.is_string()) return false;
    const auto& text = type.get_ref<const std::string&>();
    constexpr std::size_t kLongest = 64;
    return !text.empty() && text.size() <= kLongest &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos;
}

Verdict take(Json& event)
{
    if (!event.is_object() || !event.contains("type") || !is_event_type(event["type"])) {
        return {NGX_HTTP_BAD_REQUEST,
                "an event must be a JSON object whose \"type\" is such as channel.updated"};
    }
    if (event.contains("channel") && !event["channel"].is_string()) {
        return {NGX_HTTP_BAD_REQUEST, "channel must be a text"};
    }
    if (event.contains("data") && !event["data"].is_object()) {
        return {NGX_HTTP_BAD_REQUEST, "data must be an object"};
    }
    if (!event.contains("ts_ms")) event["ts_ms"] = wall_ms();
    if (!raise_json(event.dump(-1, ' ', false, Json::error_handler_t::replace))) {
        return {NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "event is longer than the ring's entries"};
    }
    return {};
}

ngx_int_t take_all(ngx_http_request_t& r, Json& events)
{
    if (events.empty()) return send_problem(r, NGX_HTTP_BAD_REQUEST, "the array has no event");
    auto refused = Json::array();
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto verdict = take(events[i]);
        if (verdict.status != 0) refused.push_back({{"index", i}, {"detail", verdict.reason}});
    }
    const auto posted = events.size() - refused.size();
    return send_json(r, NGX_HTTP_ACCEPTED, {{"posted", posted}, {"refused", std::move(refused)}});
}

}  // namespace

ngx_int_t post_events(ngx_http_request_t& r, const std::string& body)
{
    auto json = Json::parse(body, nullptr, false);
    if (json.is_array()) return take_all(r, json);
    const auto verdict = take(json);
    if (verdict.status != 0) {
        return send_problem(r, verdict.status, verdict.reason);
    }
    return send_json(r, NGX_HTTP_ACCEPTED, {{"posted", true}});
}

}  // namespace sluice::ngx
