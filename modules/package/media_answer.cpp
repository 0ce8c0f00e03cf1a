#include <algorithm>
#include <string>

#include "answer.hpp"
#include "core/package/segment_files.hpp"
#include "file_answer.hpp"
#include "live_windows.hpp"
#include "modules/common/request_memory.hpp"
#include "modules/hub/audience.hpp"
#include "refusal.hpp"
#include "text_shelf.hpp"
#include "waiting_room.hpp"

namespace sluice::ngx {
namespace {

using package::Asked;
using package::Lane;

/// The segment, when its address is right.
const package::SegmentEntry* find_segment(const package::Window& window,
                                          const package::Resource& resource)
{
    const auto* period = package::find_period(window, resource.period);
    const auto& lane = window.of(resource.lane);
    if (period == nullptr || !lane.holds(resource.sequence)) return nullptr;
    const auto& segment = lane.at(resource.sequence);
    return segment.period == period->number ? &segment : nullptr;
}

std::string path_of(const package::Window& window, const package::Resource& resource)
{
    if (resource.asked == Asked::init) {
        return package::init_path(live_folder(), window.name_text(), resource.period,
                                  resource.lane);
    }
    return package::segment_path(live_folder(), window.name_text(), resource.period, resource.lane,
                                 resource.sequence);
}

/// Opens the file that holds it; nullptr when it is gone.
std::shared_ptr<LiveFile> open_for(const package::Window& window, const package::Resource& resource)
{
    const bool init = resource.asked == Asked::init;
    return open_live_file({.run = window.run,
                           .period = resource.period,
                           .sequence = init ? LiveFileKey::kInit : resource.sequence,
                           .lane = resource.lane},
                          [&] { return path_of(window, resource); });
}

/// Bytes of a file.
struct Stretch {
    static constexpr off_t kToTheEnd = -1;

    off_t from = 0;
    off_t bytes = kToTheEnd;
};

/// Where in its file it is what was asked for; nothing when it isn't there, or not yet.
std::optional<Stretch> find(const package::Window& window, const package::Resource& resource)
{
    Stretch stretch;
    if (resource.asked == Asked::init) {
        if (package::find_period(window, resource.period) == nullptr) return std::nullopt;
        return stretch;
    }
    const auto* segment = find_segment(window, resource);
    if (segment == nullptr || segment->bytes == 0) return std::nullopt;
    if (resource.asked == Asked::segment) {
        if (!segment->complete || segment->gap) return std::nullopt;
        stretch.bytes = segment->bytes;
        return stretch;
    }
    const auto& lane = window.of(resource.lane);
    if (!lane.has_part(*segment, resource.part)) return std::nullopt;
    const auto& part = lane.part_at(segment->first_part + resource.part);
    stretch.from = part.offset;
    stretch.bytes = part.bytes;
    return stretch;
}

ngx_int_t send(ngx_http_request_t& r, const PackageRequest& asked, const package::Window& window,
               const Stretch& stretch)
{
    const auto file = open_for(window, asked.resource);
    if (!file) return refuse_unknown(r);
    const auto bytes = stretch.bytes == Stretch::kToTheEnd ? file->size() : stretch.bytes;
    const auto sent =
        send_stretch(r, file, stretch.from, bytes, {asked.resource.lane, asked.grant.restricted});
    count_bytes_out(*asked.stream, sent.bytes);
    return sent.rc;
}

/// A segment that is sent while it is being written.
struct Followed {
    PackageRequest* asked = nullptr;
    ngx_file_t* file = nullptr;
    off_t sent = 0;
};

ngx_int_t send_more(ngx_http_request_t& r, Followed& followed)
{
    const auto& asked = *followed.asked;
    const auto view = look_at_window(*asked.stream, asked.resource.stream);
    const auto* segment = view ? find_segment(*view->window, asked.resource) : nullptr;
    if (segment == nullptr || segment->gap) return NGX_ERROR;  // cut off: the rest will not come
    const bool last = segment->complete || view->ended;
    const off_t end = segment->bytes;
    if (end == followed.sent && !last) return NGX_AGAIN;
    count_bytes_out(*asked.stream, static_cast<std::uint64_t>(end - followed.sent));
    auto* out = piece_of(r, *followed.file, followed.sent, end, last);
    followed.sent = end;
    if (out == nullptr || ngx_http_output_filter(&r, out) == NGX_ERROR) return NGX_ERROR;
    return last ? NGX_OK : NGX_AGAIN;
}

/// What a slow client did not take is under way.
void push(ngx_http_request_t* r)
{
    if (ngx_http_output_filter(r, nullptr) == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }
    ngx_handle_write_event(r->connection->write, 0);
}

}  // namespace

ngx_int_t answer_media(ngx_http_request_t& r, const PackageRequest& asked, bool late)
{
    const auto view = look_at_window(*asked.stream, asked.resource.stream);
    if (!view) return refuse_unknown(r);
    if (const auto stretch = find(*view->window, asked.resource))
        return send(r, asked, *view->window, *stretch);
    if (asked.resource.asked != Asked::part || view->ended || late) return refuse_unknown(r);
    const auto* period = package::find_period(*view->window, asked.resource.period);
    const auto wait = package::wait_for_part(*view->window, asked.resource.lane,
                                             asked.resource.sequence, asked.resource.part);
    const bool coming = period != nullptr && period->number + 1 == view->window->end_period &&
                        wait == package::Wait::yes;
    return coming ? NGX_AGAIN : refuse_unknown(r);
}

package::Awaited awaited_by(const PackageRequest& asked)
{
    using What = package::Awaited::What;
    const auto& resource = asked.resource;
    if (resource.asked == Asked::part)
        return {What::part, resource.lane, resource.sequence, resource.part};
    if (resource.asked == Asked::lane_playlist && asked.reload.sequence)
        return {What::playlist, resource.lane, *asked.reload.sequence, asked.reload.part};
    return {};
}

std::optional<ngx_int_t> follow_segment(ngx_http_request_t& r, PackageRequest& asked)
{
    if (asked.resource.asked != Asked::segment) return std::nullopt;
    const auto view = look_at_window(*asked.stream, asked.resource.stream);
    const auto* segment = view ? find_segment(*view->window, asked.resource) : nullptr;
    const bool open = segment != nullptr && !segment->complete && !segment->gap && !view->ended &&
                      asked.resource.lane != Lane::transport;
    if (!open) return std::nullopt;
    const auto live_file = open_for(*view->window, asked.resource);
    if (!live_file) return std::nullopt;
    auto* file = file_of(r, keep_with(r, live_file)->descriptor());
    if (file == nullptr) return std::nullopt;
    auto& followed = keep_with(r, Followed{.asked = &asked, .file = file});
    if (!add_media_headers(r, {asked.resource.lane, asked.grant.restricted}))
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    r.headers_out.content_length_n = -1;
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return rc;
    if (const auto first = send_more(r, followed); first != NGX_AGAIN) return first;
    const auto go_on = [&followed](ngx_http_request_t& request, bool late) {
        const bool over = late || not_any_more(request, *followed.asked);
        return over ? NGX_ERROR : send_more(request, followed);
    };
    const auto done = wait_for_window(r, *asked.stream, {}, longest_wait(asked), go_on);
    if (done == NGX_DONE) r.write_event_handler = push;
    return done;
}

std::int64_t longest_wait(const PackageRequest& asked)
{
    constexpr std::int64_t kTargets = 3;
    constexpr std::int64_t kUnknown = 10'000;
    const auto view = look_at_window(*asked.stream, asked.resource.stream);
    if (!view || view->window->target_s == 0) return kUnknown;
    const auto& window = *view->window;
    const bool transport = asked.resource.lane == Lane::transport;
    return kTargets * std::max(window.target_s, transport ? window.transport_target_s : 0) * 1000;
}

}  // namespace sluice::ngx
