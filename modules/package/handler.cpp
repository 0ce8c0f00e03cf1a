#include "handler.hpp"

#include <string>

#include "answer.hpp"
#include "archive_queue.hpp"
#include "conf.hpp"
#include "core/auth/query.hpp"
#include "dvr_answer.hpp"
#include "live_files.hpp"
#include "live_windows.hpp"
#include "modules/access/access.hpp"
#include "modules/access/held_request.hpp"
#include "modules/common/guard.hpp"
#include "modules/common/http_answer.hpp"
#include "modules/common/request_memory.hpp"
#include "modules/hub/worker.hpp"
#include "refusal.hpp"
#include "renditions.hpp"
#include "text_shelf.hpp"
#include "viewer_session.hpp"
#include "waiting_room.hpp"

namespace sluice::ngx {
namespace {

using package::Asked;

constexpr std::int64_t kCleanEveryMs = 2'000;

constexpr std::int64_t kSweepEveryMs = 60'000;

std::int64_t next_clean_ms = 0;
std::int64_t next_sweep_ms = 0;

channel::Output output_of(const package::Resource& resource)
{
    return resource.lane == package::Lane::transport ? channel::Output::hls : channel::Output::cmaf;
}

/// index.m3u8 is over whichever of the two there is.
tl::expected<PlayGrant, auth::Reason> admit(ngx_http_request_t& r,
                                            const package::Resource& resource)
{
    auto grant = admit_viewer(r, resource.channel, output_of(resource));
    const bool either = resource.asked == Asked::multivariant && !resource.low_latency;
    if (!grant && either && grant.error() == auth::Reason::output_disabled)
        return admit_viewer(r, resource.channel, channel::Output::hls);
    return grant;
}

/// `sign=…` as the viewer sent it, when it was what let him in.
std::string_view token_in(const ngx_http_request_t& r, const PlayGrant& grant)
{
    constexpr std::string_view kName = "sign=";
    if (!grant.sign) return {};
    const auto value = auth::find_parameter(view(r.args), "sign");
    if (!value) return {};
    return {value->data() - kName.size(), value->size() + kName.size()};
}

ngx_int_t answer(ngx_http_request_t& r, const PackageRequest& asked, bool late)
{
    return package::is_immutable(asked.resource.asked) ? answer_media(r, asked, late)
                                                       : answer_playlist(r, asked, late);
}

void find_streams(PackageRequest& asked)
{
    if (worker() == nullptr) return;
    const auto& resource = asked.resource;
    asked.stream = hub::find_stream(worker()->zone, resource.stream);
    asked.programme = resource.rendition.empty()
                          ? asked.stream
                          : hub::find_stream(worker()->zone, resource.channel);
}

ngx_int_t go_on(ngx_http_request_t& r, PackageRequest& asked)
{
    const bool dvr = package::is_dvr(asked.resource.asked);
    // It may have been switched off since something was kept.
    if (dvr && asked.grant.dvr_window_s == 0)
        return refuse_viewer(r, auth::Reason::output_disabled);
    if (const auto reason = session_refused(r, asked)) return refuse_viewer(r, *reason);
    note_session(r, asked);
    if (dvr) return answer_dvr(r, asked);
    if (const auto why = rendition_absent(asked))
        return refuse_viewer(r, auth::Reason::unpublished, *why);
    if (asked.stream == nullptr) return refuse_viewer(r, auth::Reason::unpublished);
    if (const auto followed = follow_segment(r, asked)) return *followed;
    const auto rc = answer(r, asked, false);
    if (rc != NGX_AGAIN) return rc;
    return wait_for_window(r, *asked.stream, awaited_by(asked), longest_wait(asked),
                           [&asked](ngx_http_request_t& request, bool late) {
                               if (const auto reason = not_any_more(request, asked))
                                   return refuse_viewer(request, *reason);
                               return answer(request, asked, late);
                           });
}

ngx_int_t authorised(ngx_http_request_t& r, PackageRequest& asked, const Authorised& answered)
{
    note_failure(*r.connection->log, answered);
    if (!answered.allowed) return refuse_viewer(r, reason_of(answered), answered.reason);
    if (const auto reason = not_any_more(r, asked)) return refuse_viewer(r, *reason);
    find_streams(asked);  // their records may have become others' meanwhile
    return go_on(r, asked);
}

ngx_int_t ask(ngx_http_request_t& r, PackageRequest& asked)
{
    return hold_request(r,
                        {.action = "play",
                         .channel = asked.resource.channel,
                         .protocol = asked.resource.asked == Asked::manifest ? "dash" : "hls",
                         .address = view(r.connection->addr_text),
                         .query = view(r.args)},
                        *asked.grant.authorise, [&r, &asked](const Authorised& answered) {
                            return authorised(r, asked, answered);
                        });
}

/// The callback is asked once for a session; who asks for media without one is nobody's viewer yet.
bool must_ask(ngx_http_request_t& r, const PackageRequest& asked)
{
    return asked.grant.authorise && !has_session(r, asked);
}

void tick(std::int64_t now_ms)
{
    look_at_all_waiting(now_ms);
    close_idle_files(now_ms);
    if (now_ms < next_clean_ms) return;
    next_clean_ms = now_ms + kCleanEveryMs;
    forget_old_texts(now_ms);
    forget_old_archives(now_ms);
    remove_ended_windows(now_ms, static_cast<std::int64_t>(package_conf().linger));
    if (now_ms < next_sweep_ms) return;
    next_sweep_ms = now_ms + kSweepEveryMs;
    remove_outlived_archives();
}

void stream_dirty(hub::StreamRecord& stream)
{
    window_changed(stream);
}

}  // namespace

std::optional<auth::Reason> not_any_more(ngx_http_request_t& r, PackageRequest& asked)
{
    return viewer_still_allowed(r, asked.resource.channel, asked.grant);
}

ngx_int_t serve_package(ngx_http_request_t& r)
{
    const auto resource = package::parse_resource(view(r.uri));
    if (!resource) return NGX_HTTP_NOT_FOUND;
    if (r.method == NGX_HTTP_OPTIONS) return send_preflight(r);
    if (!(r.method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) return NGX_HTTP_NOT_ALLOWED;
    if (const auto rc = ngx_http_discard_request_body(&r); rc != NGX_OK) return rc;
    const auto grant = admit(r, *resource);
    if (!grant) return refuse_viewer(r, grant.error());
    const auto reload = package::parse_reload(view(r.args));
    if (!reload)
        return refuse_senseless(
            r, "_HLS_msn and _HLS_part are numbers, and the second needs the first");
    auto& asked = keep_with(r, PackageRequest{.resource = *resource,
                                              .reload = *reload,
                                              .token = token_in(r, *grant),
                                              .grant = *grant});
    find_streams(asked);
    return must_ask(r, asked) ? ask(r, asked) : go_on(r, asked);
}

void start_package()
{
    add_listener({.stream_dirty = stream_dirty, .tick = tick, .busy = [] {
                      return waiting_requests() != 0 || archive_is_busy();
                  }});
}

}  // namespace sluice::ngx
