#include "handler.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <string>

#include "answer.hpp"
#include "conf.hpp"
#include "core/channel/stream_name.hpp"
#include "core/hub/hub.hpp"
#include "modules/access/held_request.hpp"
#include "modules/common/guard.hpp"
#include "modules/common/http_answer.hpp"
#include "modules/hub/worker.hpp"
#include "room.hpp"
#include "viewer.hpp"

extern "C" ngx_module_t ngx_http_sluice_flv_module;

namespace sluice::ngx {
namespace {

// More than this unsent in the kernel says nothing but that the viewer is slow; the ring keeps it
// better.
constexpr int kUnsentBytes = 64 * 1024;

/// What is asked for; empty when the path is another.
channel::StreamName stream_in(const ngx_http_request_t& r)
{
    return channel::stream_at(view(r.uri), "live.flv").value_or(channel::StreamName());
}

/// Its channel; borrows from the request.
std::string_view channel_in(const ngx_http_request_t& r)
{
    return channel::channel_of(view(r.uri).substr(1));
}

Viewer* viewer_of(ngx_http_request_t& r)
{
    return static_cast<Viewer*>(ngx_http_get_module_ctx((&r), ngx_http_sluice_flv_module));
}

void on_writable(ngx_http_request_t& r)
{
    if (auto* viewer = viewer_of(r)) viewer->on_writable();
}

void on_readable(ngx_http_request_t& r)
{
    if (auto* viewer = viewer_of(r)) viewer->on_readable();
}

void destroy(void* data)
{
    static_cast<Viewer*>(data)->~Viewer();
}

/// A slow viewer costs the kernel no more than this; tags leave without waiting for more of them.
void tune_socket(ngx_http_request_t& r)
{
    auto& c = r.stream == nullptr ? *r.connection : *r.stream->connection->connection;
    ngx_tcp_nodelay(&c);
    const int unsent = kUnsentBytes;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    if (r.stream != nullptr) return;  // others share the connection, and may need a larger buffer
    const int buffer = static_cast<int>(flv_conf(r).send_buffer);
    if (buffer > 0) setsockopt(c.fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
}

Transport transport_of(const ngx_http_request_t& r)
{
    if (wants_websocket(r)) return Transport::websocket;
    return r.http_version >= NGX_HTTP_VERSION_20 ? Transport::http2 : Transport::http1;
}

hub::StreamRecord* live_stream(std::string_view id)
{
    if (worker() == nullptr) return nullptr;
    auto* stream = hub::find_stream(worker()->zone, id);
    if (stream == nullptr) return nullptr;
    return hub::Current::unpack(stream->current.load()).state == hub::State::idle ? nullptr
                                                                                  : stream;
}

std::optional<auth::Reason> limit_reached(const hub::StreamRecord& stream, const PlayGrant& grant)
{
    const auto channel = channel::channel_of(hub::name_of(stream));
    if (grant.max_viewers == 0 ||
        hub::viewers_of_channel(worker()->zone, channel) < grant.max_viewers)
        return std::nullopt;
    raise("viewer.limit", channel, {{"limit", static_cast<std::int64_t>(grant.max_viewers)}});
    return auth::Reason::viewer_limit;
}

ngx_int_t refuse(ngx_http_request_t& r, auth::Reason reason, const std::string& detail = {})
{
    const auto why = to_string(reason);
    if (reason != auth::Reason::unpublished) {
        ngx_log_error(NGX_LOG_INFO, r.connection->log, 0, "sluice access: viewer refused: %*s",
                      why.size(), why.data());
    }
    return send_refusal(r, reason, detail);
}

/// From here on the request lives until the viewer leaves or the stream ends.
ngx_int_t begin(ngx_http_request_t& r, hub::StreamRecord& stream, const PlayGrant& grant)
{
    const auto transport = transport_of(r);
    auto* cleanup = ngx_http_cleanup_add(&r, 0);
    auto* mem = ngx_palloc(r.pool, sizeof(Viewer));
    if (cleanup == nullptr || mem == nullptr) return NGX_HTTP_INTERNAL_SERVER_ERROR;

    auto* room = Room::of(stream, static_cast<std::uint32_t>(flv_conf(r).batch));
    auto* viewer = new (mem) Viewer(r, *room, transport, grant);
    const auto protocol =
        transport == Transport::websocket ? hub::Protocol::ws_flv : hub::Protocol::flv;
    cleanup->data = viewer;
    cleanup->handler = cleanup_door<destroy>;
    if (!room->enter(*viewer, protocol)) return refuse(r, auth::Reason::unpublished);
    // The record may have been reclaimed for another stream before we were counted in.
    if (!hub::is_named(worker()->zone, stream, stream_in(r))) {
        room->leave(*viewer);  // nothing of the other stream may get into this refusal
        return refuse(r, auth::Reason::unpublished);
    }
    ngx_http_set_ctx((&r), viewer, ngx_http_sluice_flv_module);

    tune_socket(r);
    const auto sent = send_stream_header(r, transport);
    if (sent == NGX_ERROR || sent > NGX_OK) return sent;
    r.read_event_handler = request_event_door<on_readable>;
    r.write_event_handler = request_event_door<on_writable>;
    r.main->count++;
    viewer->flush();
    return NGX_DONE;
}

/// Why nobody can join at this moment.
std::optional<auth::Reason> not_now(const hub::StreamRecord* stream, const PlayGrant& grant)
{
    if (stream == nullptr) return auth::Reason::unpublished;
    return limit_reached(*stream, grant);
}

ngx_int_t admit(ngx_http_request_t& r, const PlayGrant& grant)
{
    auto* stream = live_stream(stream_in(r));
    if (const auto reason = not_now(stream, grant)) return refuse(r, *reason);
    if (r.method == NGX_HTTP_HEAD) {
        r.header_only = 1;
        return send_stream_header(r, Transport::http1);
    }
    return begin(r, *stream, grant);
}

ngx_int_t authorised(ngx_http_request_t& r, PlayGrant& grant, const Authorised& answer)
{
    note_failure(*r.connection->log, answer);
    if (!answer.allowed) return refuse(r, reason_of(answer), answer.reason);
    if (const auto reason = viewer_still_allowed(r, channel_in(r), grant))
        return refuse(r, *reason);
    return admit(r, grant);
}

ngx_int_t ask(ngx_http_request_t& r, std::string_view id, const PlayGrant& grant)
{
    return hold_request(r,
                        {.action = "play",
                         .channel = id,
                         .protocol = wants_websocket(r) ? "ws_flv" : "flv",
                         .address = view(r.connection->addr_text),
                         .query = view(r.args)},
                        *grant.authorise, [&r, grant = grant](const Authorised& answer) mutable {
                            return authorised(r, grant, answer);
                        });
}

void stream_dirty(hub::StreamRecord& stream)
{
    if (auto* room = Room::find(stream)) room->stream_dirty();
}

}  // namespace

ngx_int_t serve_flv(ngx_http_request_t& r)
{
    const auto name = stream_in(r);
    if (std::string_view(name).empty()) return NGX_DECLINED;
    const auto id = channel_in(r);
    if (r.method == NGX_HTTP_OPTIONS) return send_preflight(r);
    if (!(r.method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) return NGX_HTTP_NOT_ALLOWED;
    if (const auto rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;

    if (wants_websocket(r)) {
        if (const auto rc = check_handshake(r); rc != NGX_OK) return rc;
    }
    const auto grant = admit_viewer(r, id, channel::Output::flv);
    if (!grant) return refuse(r, grant.error());
    if (!grant->authorise) return admit(r, *grant);
    if (const auto reason = not_now(live_stream(name), *grant)) return refuse(r, *reason);
    return ask(r, id, *grant);
}

void start_flv()
{
    add_listener({.stream_dirty = stream_dirty,
                  .tick = [](std::int64_t) { Room::for_each([](Room& room) { room.tick(); }); },
                  .snapshot_changed = [] { Room::for_each([](Room& room) { room.check_all(); }); },
                  .busy = Room::any,
                  .hand_over = [] { Room::for_each([](Room& room) { room.hand_over(); }); }});
}

}  // namespace sluice::ngx
