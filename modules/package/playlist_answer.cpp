#include <string>

#include "answer.hpp"
#include "modules/common/http_answer.hpp"
#include "modules/hub/audience.hpp"
#include "refusal.hpp"
#include "renditions.hpp"
#include "text_answer.hpp"
#include "text_shelf.hpp"

namespace sluice::ngx {
namespace {

using package::Asked;
using package::Lane;

Text wanted(const PackageRequest& asked)
{
    const bool audio = asked.resource.lane == Lane::audio;
    switch (asked.resource.asked) {
        case Asked::transport_playlist:
            return Text::transport_playlist;
        case Asked::manifest:
            return Text::manifest;
        case Asked::lane_playlist:
            if (asked.reload.skip) return audio ? Text::audio_delta : Text::video_delta;
            return audio ? Text::audio_playlist : Text::video_playlist;
        default:
            return Text::multivariant;
    }
}

/// Whether the stream, as it is made now, will ever have this.
bool is_made(const package::Window& window, const package::Resource& resource)
{
    if (window.end_period == window.first_period) return true;  // not known yet
    const auto& period = window.period_at(window.end_period - 1);
    const bool cmaf = period.video.timescale != 0 || period.audio.timescale != 0;
    const bool transport =
        period.transport_video.timescale != 0 || period.transport_audio.timescale != 0;
    switch (resource.asked) {
        case Asked::transport_playlist:
            return transport;
        case Asked::manifest:
            return cmaf;
        case Asked::lane_playlist:
            return (resource.lane == Lane::audio ? period.audio : period.video).timescale != 0;
        default:
            return resource.low_latency ? cmaf : cmaf || transport;
    }
}

/// What a blocked reload answers is right for as long as its segment is new; what is asked without
/// a number is old at once.
std::uint32_t lifetime_s(const PackageRequest& asked, const package::Window& window)
{
    return asked.reload.sequence ? window.target_s : 1;
}

ngx_int_t send(ngx_http_request_t& r, const PackageRequest& asked, const WindowView& view,
               const SharedText& text)
{
    const bool dash = asked.resource.asked == Asked::manifest;
    count_bytes_out(*asked.stream, text->size());
    return send_playlist(r, text, dash ? TextKind::manifest : TextKind::playlist, asked.token,
                         {lifetime_s(asked, *view.window), asked.grant.restricted});
}

bool is_live(const hub::StreamRecord& stream)
{
    return hub::Current::unpack(stream.current.load()).state == hub::State::live;
}

/// Whether the request has to wait for a part that is on its way.
package::Wait blocked(const PackageRequest& asked, const WindowView& view)
{
    if (asked.resource.asked != Asked::lane_playlist || view.ended) return package::Wait::no;
    return package::wait_for(*view.window, asked.resource.lane, asked.reload);
}

}  // namespace

ngx_int_t answer_playlist(ngx_http_request_t& r, const PackageRequest& asked, bool late)
{
    const bool live = is_live(*asked.stream);
    auto view = look_at_window(*asked.stream, asked.resource.stream);
    if (!view) return live && !late ? NGX_AGAIN : refuse_viewer(r, auth::Reason::unpublished);
    const auto wait = blocked(asked, *view);
    if (wait == package::Wait::absurd)
        return refuse_senseless(r, "_HLS_msn or _HLS_part is too far ahead of the playlist");
    if (wait == package::Wait::yes) {
        return late ? send_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "nothing new came within three target durations", {})
                    : NGX_AGAIN;
    }
    if (!view->ended && !is_made(*view->window, asked.resource)) {
        return refuse_viewer(
            r, auth::Reason::output_disabled,
            "the stream has no such track, or codecs that this format does not carry");
    }
    const bool adaptive = asked.resource.asked == Asked::multivariant &&
                          !asked.resource.low_latency && asked.resource.rendition.empty();
    if (adaptive) {
        const auto ladder = ladder_over(asked);
        if (!ladder.whole && live && !late) return NGX_AGAIN;
        view = look_at_window(*asked.stream, asked.resource.stream);
        if (!view) return refuse_viewer(r, auth::Reason::unpublished);
        if (ladder.text) return send(r, asked, *view, ladder.text);
    }
    if (const auto text = text_of(*view, wanted(asked))) return send(r, asked, *view, text);
    return live && !late ? NGX_AGAIN : refuse_viewer(r, auth::Reason::unpublished);
}

}  // namespace sluice::ngx
