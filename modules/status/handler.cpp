#include "handler.hpp"

#include <optional>
#include <string>

#include "core/auth/channel_id.hpp"
#include "core/hub/hub.hpp"
#include "event_post.hpp"
#include "event_stream.hpp"
#include "generation_wait.hpp"
#include "modules/common/guard.hpp"
#include "modules/hub/worker.hpp"
#include "reply.hpp"
#include "report.hpp"

namespace sluice::ngx {
namespace {

constexpr std::string_view kStreams = "/-/streams";
constexpr std::string_view kKick = "/kick";
constexpr std::size_t kMostBody = 16UL * 1024;  // what nginx keeps in memory unless told otherwise

/// The request body; a configuration may have nginx put even a small one into a file.
std::string body_of(const ngx_http_request_t& r)
{
    std::string body;
    if (r.request_body == nullptr) return body;
    for (const auto* link = r.request_body->bufs; link != nullptr; link = link->next) {
        auto& buf = *link->buf;
        if (!buf.in_file) {
            body.append(buf.pos, buf.last);
            continue;
        }
        std::string part(static_cast<std::size_t>(buf.file_last - buf.file_pos), '\0');
        const auto n = ngx_read_file(buf.file, reinterpret_cast<u_char*>(part.data()), part.size(),
                                     buf.file_pos);
        if (n > 0) body.append(part, 0, static_cast<std::size_t>(n));
    }
    return body;
}

/// The reason a kick gives; nothing when the body is there but no object with a reason of ours.
std::optional<auth::Reason> reason_in(const std::string& body)
{
    if (body.empty()) return auth::Reason::kicked;
    const auto json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    if (!json.contains("reason")) return auth::Reason::kicked;
    if (!json["reason"].is_string()) return std::nullopt;
    return auth::reason_from(json["reason"].get<std::string>()).value_or(auth::Reason::kicked);
}

ngx_int_t kick(ngx_http_request_t& r, std::string_view id, const std::string& body)
{
    const auto reason = reason_in(body);
    if (!reason)
        return send_problem(r, NGX_HTTP_BAD_REQUEST,
                            "body must be empty or {\"reason\": \"<text>\"}");
    auto* stream = hub::find_stream(worker()->zone, id);
    hub::SlotMask poke = 0;
    if (stream == nullptr || !hub::request_end(worker()->zone, *stream, *reason, poke)) {
        return send_problem(r, NGX_HTTP_NOT_FOUND, "nobody publishes this stream");
    }
    worker()->poke(poke);
    return send_json(r, NGX_HTTP_ACCEPTED, {{"kicked", true}});
}

ngx_int_t serve_post(ngx_http_request_t& r)
{
    const auto path = view(r.uri);
    const auto body = body_of(r);
    if (path == "/-/events") return post_events(r, body);
    if (path.starts_with(kStreams) && path.ends_with(kKick) &&
        path.size() > kStreams.size() + 1 + kKick.size()) {
        return kick(
            r, path.substr(kStreams.size() + 1, path.size() - kStreams.size() - 1 - kKick.size()),
            body);
    }
    return send_problem(r, NGX_HTTP_NOT_FOUND, "no such resource");
}

void body_read(ngx_http_request_t& r)
{
    ngx_http_finalize_request(&r, serve_post(r));
}

ngx_int_t read_body_then_serve(ngx_http_request_t& r)
{
    if (r.headers_in.content_length_n > static_cast<off_t>(kMostBody)) {
        return send_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body is too large");
    }
    r.request_body_in_single_buf = 1;
    const auto rc = ngx_http_read_client_request_body(&r, request_event_door<body_read>);
    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

ngx_int_t serve_get(ngx_http_request_t& r)
{
    const auto path = view(r.uri);
    if (path == "/-/events") return serve_events(r, true);
    if (const auto rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;
    if (path == kStreams) return send_json(r, NGX_HTTP_OK, report_streams(argument(r, "id")));
    if (path == "/-/hooks") return send_json(r, NGX_HTTP_OK, report_hooks(argument(r, "id")));
    if (path == "/-/generation") return serve_generation(r);
    if (path == "/-/metrics")
        return send_text(r, NGX_HTTP_OK, "text/plain; version=0.0.4", report_metrics());
    return send_problem(r, NGX_HTTP_NOT_FOUND, "no such resource");
}

}  // namespace

ngx_int_t serve_status(ngx_http_request_t& r)
{
    if (worker() == nullptr)
        return send_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE, "this worker has no place in the hub");
    const bool reading = (r.method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
    if (!view(r.uri).starts_with("/-/")) {
        return reading ? serve_events(r, false) : NGX_HTTP_NOT_ALLOWED;
    }
    if (r.method == NGX_HTTP_POST) return read_body_then_serve(r);
    return reading ? serve_get(r) : NGX_HTTP_NOT_ALLOWED;
}

void start_status()
{
    const auto end_in_old_worker = [](std::int64_t) {
        if (ngx_exiting) end_event_streams();
    };
    add_listener({.tick = end_in_old_worker, .event_posted = events_posted});
}

}  // namespace sluice::ngx
